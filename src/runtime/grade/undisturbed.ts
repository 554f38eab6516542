import type { JournalEntry } from '#grading/evidence.ts';

/**
 * The witnesses' entries as they would be judged had nobody looked while a trial was under way: what our own change did to the
 * lab is no work of the learner's. Of each such time a witness keeps a gap, which says so when it has not ended, and how things were
 * at its end.
 */
export function undisturbed(entries: readonly JournalEntry[], trials: readonly string[]): JournalEntry[] {
  const isTrial = ({ witness }: JournalEntry) => trials.includes(witness);
  const windows = windowsOf(entries.filter(isTrial));
  let kept = entries.filter((entry) => !isTrial(entry));
  for (const window of windows) kept = withoutWindow(kept, window);
  return kept;
}

interface Window {
  from: JournalEntry;
  /** The number of the entry that ended it; none after it when it has not ended. */
  to: number;
}

/** From each entry that begins a trial to the next of its task, which ends it. */
function windowsOf(entries: readonly JournalEntry[]): Window[] {
  const open = new Map<string, JournalEntry>();
  const windows: Window[] = [];
  for (const entry of entries) {
    const from = open.get(entry.witness);
    if (from === undefined) open.set(entry.witness, entry);
    else {
      windows.push({ from, to: entry.seq });
      open.delete(entry.witness);
    }
  }
  return [...windows, ...[...open.values()].map((from) => ({ from, to: Number.POSITIVE_INFINITY }))];
}

function withoutWindow(entries: readonly JournalEntry[], { from, to }: Window): JournalEntry[] {
  const isInside = ({ seq }: JournalEntry) => seq > from.seq && seq < to;
  const last = new Map(entries.filter(isInside).map((entry) => [entry.witness, entry]));
  return entries.flatMap((entry) => {
    if (!isInside(entry)) return [entry];
    if (last.get(entry.witness) !== entry) return [];
    const value = { from: from.at, reason: 'trial', ...(to === Number.POSITIVE_INFINITY ? { isOpen: true } : {}) };
    const gap = { ...entry, seq: from.seq, kind: 'gap' as const, value };
    return entry.kind === 'gap' ? [gap] : [gap, entry];
  });
}
