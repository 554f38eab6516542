import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkProof } from '#runtime/prove/proof-file.ts';
import type { Outcome } from './outcome.ts';

/** Whether each lab's `proof.json` was made from the lab as it is; a lab never proved is no failure here, the proof stage takes it first. */
export function proofOutcomes(course: string): Outcome[] {
  return labIds(course).map((id) => {
    const name = `labs/${id}/proof.json is of this lab`;
    const folder = join(course, 'labs', id);
    if (!existsSync(join(folder, 'proof.json'))) return { name, state: 'skipped', note: `it has none; ./slipway lab test ${id} writes it` };
    const fault = checkProof(folder);
    return fault === null ? { name, state: 'passed' } : { name, state: 'failed', note: fault };
  });
}

/** The lab to prove in a standard run: one without a proof that holds, else one chosen by a number. Null when there is no lab. */
export function labToProve(course: string, choice: number): string | null {
  const ids = labIds(course);
  const stale = ids.find((id) => {
    const folder = join(course, 'labs', id);
    return !existsSync(join(folder, 'proof.json')) || checkProof(folder) !== null;
  });
  return stale ?? ids[choice % Math.max(ids.length, 1)] ?? null;
}

export function labIds(course: string): string[] {
  const folder = join(course, 'labs');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((id) => existsSync(join(folder, id, 'lab.yaml')))
        .sort()
    : [];
}
