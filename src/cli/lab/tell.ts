import type { Finding } from '#grading/verdict.ts';
import type { Graded } from '#runtime/grade/grade-lab.ts';

const widest = 160;

/** Verdicts for an author: of each task its status and findings, each beside the value it is about, and all that was observed. */
export function tellVerdicts(graded: readonly Graded[]): string[] {
  return graded.flatMap(({ task, verdict, evidence }) => {
    const passed = verdict.status === 'passed';
    const values = { ...valuesIn(evidence.observed), ...valuesIn(evidence.trials ?? {}) };
    const head = `${passed ? '✓' : '✗'} ${task.id}: ${verdict.status}, ${verdict.score} of ${task.points}`;
    const seen = Object.entries(values).map(([name, value]) => `      ${name} = ${short(value)}`);
    const journal = evidence.journal.length > 0 ? [`      journal: ${evidence.journal.length} entries`] : [];
    return [head, ...verdict.findings.flatMap((finding) => tellFinding(finding, values)), '    observed', ...seen, ...journal];
  });
}

function tellFinding({ code, path, seen, needed, lookAt }: Finding, values: unknown): string[] {
  const at = path === '' ? [] : [`      at      ${path} = ${short(valueAt(values, path.split('.')))}`];
  return [`    ${code}`, ...at, `      seen    ${seen}`, `      needed  ${needed}`, `      look at ${lookAt}`];
}

/** What was seen, or why it could not be looked at. */
const valuesIn = (observed: Graded['evidence']['observed']) =>
  Object.fromEntries(Object.entries(observed).map(([name, one]) => [name, one.ok ? one.value : `could not look: ${one.reason}`]));

/** The value at a path whose keys may hold dots themselves. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (let taken = 1; taken <= path.length; taken += 1) {
    const key = path.slice(0, taken).join('.');
    if (Object.hasOwn(value, key)) return valueAt((value as Record<string, unknown>)[key], path.slice(taken));
  }
  return undefined;
}

function short(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
