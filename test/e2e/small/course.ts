import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ProofFile, proofHash, readLabFiles } from '#runtime/prove/proof-file.ts';
import { folderOfSmallCourse } from './built.ts';
import { files } from './files.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/**
 * Runs before all tests: writes the small course and builds its site, once for every worker. It is one of two lessons: one
 * lab with a valid proof, an answer, a trial and previews; one whose grader is broken. Answers how it is removed.
 */
export default async function makeSmallCourse(): Promise<() => void> {
  // Below the checkout, where the built server finds its libraries.
  mkdirSync(join(root, '.slipway'), { recursive: true });
  const folder = mkdtempSync(join(root, '.slipway', 'small-course-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const lab = join(folder, 'labs', '01-harbour');
  writeFileSync(join(lab, 'proof.json'), JSON.stringify(proofOf(proofHash(readLabFiles(lab)))));
  const build = join(root, 'test', 'content', 'build-site.ts');
  await promisify(execFile)(process.execPath, [build, folder], { cwd: root, env: { ...process.env, SLIPWAY_COURSE: folder } });
  process.env[folderOfSmallCourse] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
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
