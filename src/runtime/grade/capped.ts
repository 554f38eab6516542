import type { Evidence } from '#grading/evidence.ts';

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
    const [largest] = Object.entries(cut.observed).sort(([, a], [, b]) => size(b) - size(a));
    if (largest === undefined || size(largest[1]) < 200) return cut;
    const reason = `its value of ${size(largest[1])} bytes was too large to keep`;
    cut = { ...cut, partial: true, observed: { ...cut.observed, [largest[0]]: { ok: false, reason } } };
  }
  return cut;
}

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
