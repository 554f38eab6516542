import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ProofFile, proofHash, readLabFiles } from '#runtime/prove/proof-file.ts';
import { files } from './files.ts';

const root = join(import.meta.dirname, '..', '..', '..');

export interface SmallCourse {
  folder: string;
  /** The built site's server. */
  entry: string;
  remove(): void;
}

/**
 * A course of two lessons with its site built: one lab with a valid proof, an answer and a trial; one whose grader is broken.
 * `changes` replaces files of it.
 */
export async function smallCourse(changes: Readonly<Record<string, string>> = {}): Promise<SmallCourse> {
  // Below the checkout, where the built server finds its libraries.
  mkdirSync(join(root, '.slipway'), { recursive: true });
  const folder = mkdtempSync(join(root, '.slipway', 'small-course-'));
  for (const [path, text] of Object.entries({ ...files, ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const lab = join(folder, 'labs', '01-harbour');
  writeFileSync(join(lab, 'proof.json'), JSON.stringify(proofOf(proofHash(readLabFiles(lab)))));
  const build = join(root, 'test', 'content', 'build-site.ts');
  await promisify(execFile)(process.execPath, [build, folder], { cwd: root, env: { ...process.env, SLIPWAY_COURSE: folder } });
  return { folder, entry: join(folder, 'dist', 'server', 'entry.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const proofOf = (hash: string): ProofFile => ({
  hash,
  date: '2026-11-20T09:30:00.000Z',
  kubernetesVersion: 'v1.35.4',
  scope: 'all',
  twice: true,
  startMilliseconds: 14_800,
  proofMilliseconds: 231_000,
  memoryMiB: 655,
  mutants: { made: 120, survived: 4, inert: 9, excused: 2 },
  steps: [],
});
