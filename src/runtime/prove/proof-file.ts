import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Of `made` mutants: those no task noticed, those that cannot matter, and those that `mutants.yaml` excuses. */
export const MutantCount = z.strictObject({
  made: z.int().nonnegative(),
  survived: z.int().nonnegative(),
  inert: z.int().nonnegative(),
  excused: z.int().nonnegative(),
});
export type MutantCount = z.infer<typeof MutantCount>;

/** `proof.json`: that a lab's graders told right from wrong on a real cluster, and for which content of its folder. */
export const ProofFile = z.strictObject({
  /** `proofHash` of the lab's folder. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  date: z.iso.datetime(),
  kubernetesVersion: z.string(),
  /** Every right and wrong answer, or one of each. */
  scope: z.enum(['all', 'short']),
  /** Whether all of it was done a second time and gave the same verdicts. */
  twice: z.boolean(),
  /** From the beginning to a lab that a learner could use, in milliseconds: median over the proof's labs. */
  startMilliseconds: z.int().positive(),
  /** The whole proof, in milliseconds. */
  proofMilliseconds: z.int().positive(),
  /** The most memory the lab's containers held at the end of an answer; null where the engine does not say. */
  memoryMiB: z.int().positive().nullable(),
  /** What came of spoiling the recorded evidence (`./slipway lab mutate`). `survived` counts neither `inert` nor `excused` ones. */
  mutants: MutantCount,
  steps: z.array(z.strictObject({ step: z.string(), milliseconds: z.int().nonnegative() })),
});
export type ProofFile = z.infer<typeof ProofFile>;

/** One hash over files by their path below the lab's folder; what a proof itself writes does not count, nor what excuses mutants. */
export function proofHash(files: Readonly<Record<string, string | Uint8Array>>): string {
  const hash = createHash('sha256');
  for (const path of Object.keys(files).filter(isProved).sort()) {
    const digest = createHash('sha256')
      .update(files[path] ?? '')
      .digest('hex');
    hash.update(`${path}\n${digest}\n`);
  }
  return hash.digest('hex');
}

const isProved = (path: string) =>
  path !== 'proof.json' &&
  path !== 'mutants.yaml' &&
  !path.startsWith('fixtures/') &&
  !path.split('/').some((part) => part.startsWith('.'));

/** Every file of a lab's folder, by its path below it. */
export function readLabFiles(folder: string): Record<string, Uint8Array> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, ''), readFileSync(path)];
    }),
  );
}

/** A lab's proof: absent, not to be read, of another content of its folder, or good. */
export type ProofState = { state: 'none' } | { state: 'broken'; fault: string } | { state: 'stale' | 'valid'; file: ProofFile };

export function readProof(folder: string): ProofState {
  const path = join(folder, 'proof.json');
  if (!existsSync(path)) return { state: 'none' };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return { state: 'broken', fault: `proof.json is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const proof = ProofFile.safeParse(content);
  if (!proof.success) return { state: 'broken', fault: `proof.json is not as it should be:\n${z.prettifyError(proof.error)}` };
  return { state: proof.data.hash === proofHash(readLabFiles(folder)) ? 'valid' : 'stale', file: proof.data };
}

/** What is wrong with a lab's `proof.json`, in a sentence; null when it holds for the folder as it is, or there is none. */
export function checkProof(folder: string): string | null {
  const proof = readProof(folder);
  if (proof.state === 'broken') return proof.fault;
  if (proof.state !== 'stale') return null;
  return 'proof.json is of another content of this folder: prove the lab again, or take back the change';
}

/** Writes `proof.json`. */
export function writeProofFile(folder: string, file: ProofFile): void {
  writeFileSync(join(folder, 'proof.json'), `${JSON.stringify(file, null, 2)}\n`);
}

/** Writes other figures of mutants into a proof: they follow `mutants.yaml`, which says nothing of what was proved. */
export function writeMutants(folder: string, file: ProofFile, mutants: MutantCount): void {
  if (JSON.stringify(file.mutants) !== JSON.stringify(mutants)) writeProofFile(folder, { ...file, mutants });
}
