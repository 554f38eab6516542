import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newLab } from '#cli/lab/new.ts';
import { prove, readProvable } from '#cli/prove.ts';
import { survivedShare } from '#runtime/prove/mutate.ts';
import { checkProof, readProof } from '#runtime/prove/proof-file.ts';
import { writeProof } from '#runtime/prove/prove-lab.ts';
import { docker, imageOf } from './a-lab.ts';

const root = join(import.meta.dirname, '..', '..');
const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';

test.runIf(isFull)('a lab as `lab new` makes it passes its own proof', { timeout: 1_200_000 }, async () => {
  const course = mkdtempSync(join(tmpdir(), 'slipway-new-lab-'));
  onTestFinished(() => rmSync(course, { recursive: true }));
  mkdirSync(join(course, 'content'));
  writeFileSync(join(course, 'content', 'course.yaml'), 'title: Mine\nsummary: One lesson to try.\nlessons: []\n');
  const id = newLab({ root, course, name: 'first-try' });
  await imageOf('harbour/api:1.0');

  const provable = await readProvable(root, course, id);
  const steps: string[] = [];
  const options = { root, docker, all: true, choice: 0, signal: AbortSignal.timeout(1_100_000) };
  const proof = await prove(provable, options, (event) => {
    if (event.state === 'end') steps.push(event.step);
  });
  expect(proof.problems).toEqual([]);
  expect(steps).toEqual(
    expect.arrayContaining([
      'untouched',
      'solve: answers',
      'solve: copies',
      'reset: untouched',
      'right/labels-on-the-pods',
      'wrong/one-copy',
    ]),
  );
  expect(Object.keys(proof.fixtures)).toContain('wrong-another-answers');
  expect(survivedShare(proof.file.mutants)).toBeLessThanOrEqual(0.05);
  expect(proof.file.memoryMiB).toBeGreaterThan(200);

  writeProof(provable.lab.folder, proof);
  expect(checkProof(provable.lab.folder)).toBeNull();
  expect(readProof(provable.lab.folder).state).toBe('valid');
});
