/** Something wrong in a course, told so that its author can go there. */
export interface Fault {
  /** Relative to the course's root, with forward slashes. */
  file: string;
  /** Counted from 1. */
  line: number;
  message: string;
}

/** The 1-based line of a key or item in the file that was parsed; of its nearest parent when it is absent. */
export type LineOf = (path: readonly PropertyKey[]) => number;

/** `content/course.yaml:3: message`, as editors and terminals link it. */
export function formatFault(fault: Fault): string {
  return `${fault.file}:${fault.line}: ${fault.message}`;
}

/** Faults by file and line, each one once. */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  const once = new Map(faults.map((fault) => [formatFault(fault), fault]));
  return [...once.values()].sort((a, b) => compare(a.file, b.file) || a.line - b.line || compare(a.message, b.message));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
