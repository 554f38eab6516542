import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkProof, ProofFile } from '#runtime/prove/proof-file.ts';

/** Whether a lab's graders are known to tell right from wrong, as its folder is at this moment. */
export type ProofState =
  | { state: 'none' }
  /** There is a proof that cannot be read; `fault` says why. */
  | { state: 'faulty'; fault: string }
  /** `stale`: of another content of the folder. */
  | { state: 'valid' | 'stale'; proof: ProofFile };

export function proofState(folder: string): ProofState {
  const path = join(folder, 'proof.json');
  if (!existsSync(path)) return { state: 'none' };
  const fault = checkProof(folder);
  const proof = ProofFile.safeParse(jsonIn(path));
  if (!proof.success) return { state: 'faulty', fault: fault ?? 'proof.json cannot be read' };
  return { state: fault === null ? 'valid' : 'stale', proof: proof.data };
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // `checkProof` words what is wrong with it.
  }
}
