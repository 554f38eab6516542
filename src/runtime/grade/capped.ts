import type { Evidence, Observed } from '#grading/evidence.ts';

/** Largest evidence that is stored, in bytes of its JSON. */
export const largestEvidence = 256 * 1024;

/** Evidence that fits, with its middle journal entries and then its largest values cut; marked partial when anything was. */
export function capped(evidence: Evidence, limit = largestEvidence): Evidence {
  let cut = evidence;
  while (size(cut) > limit && cut.journal.length > 0) {
    // The oldest entries say how it began, the newest how it is.
    const kept = Math.floor(cut.journal.length / 4);
    const after = kept + Math.ceil(cut.journal.length / 4);
    cut = { ...cut, partial: true, journal: [...cut.journal.slice(0, kept), ...cut.journal.slice(after)] };
  }
  while (size(cut) > limit) {
    const values = [...entriesOf('observed', cut.observed), ...entriesOf('trials', cut.trials ?? {})];
    const [largest] = values.sort((a, b) => b.size - a.size);
    if (largest === undefined || largest.size < 200) return cut;
    const without: Observed = { ok: false, reason: `its value of ${largest.size} bytes was too large to keep` };
    cut = { ...cut, partial: true, [largest.of]: { ...cut[largest.of], [largest.name]: without } };
  }
  return cut;
}

const entriesOf = (of: 'observed' | 'trials', values: Evidence['observed']) =>
  Object.entries(values).map(([name, value]) => ({ of, name, size: size(value) }));

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
