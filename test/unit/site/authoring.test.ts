import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { facts } from '#components/authoring/words.ts';
import { proofWords } from '#components/lab/proof-words.ts';
import { handedIn } from '#components/lesson/handed-in.ts';
import { moment } from '#components/site/moment.ts';
import { answerName } from '#grading/grader.ts';
import { LabFile } from '#lab/lab-file.ts';
import { type ProofFile, proofHash, readLabFiles } from '#runtime/prove/proof-file.ts';
import { type AuthorLab, nextStep } from '#server/authoring/labs.ts';
import { proofState } from '#server/authoring/proof-state.ts';

const proof: ProofFile = {
  hash: 'a'.repeat(64),
  date: '2026-11-20T09:30:00.000Z',
  kubernetesVersion: 'v1.35.4',
  scope: 'all',
  twice: true,
  startMilliseconds: 14_800,
  proofMilliseconds: 231_000,
  memoryMiB: 655,
  mutants: { made: 120, survived: 4, inert: 9, excused: 2 },
  steps: [],
};

function labFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'lab.yaml'), 'title: A lab\n');
  return folder;
}

it('a proof holds until a file of its lab changes', () => {
  const folder = labFolder();
  const write = (content: unknown) =>
    writeFileSync(join(folder, 'proof.json'), typeof content === 'string' ? content : JSON.stringify(content));
  expect(proofState(folder)).toEqual({ state: 'none' });
  write({ ...proof, hash: proofHash(readLabFiles(folder)) });
  expect(proofState(folder)).toMatchObject({ state: 'valid', proof: { kubernetesVersion: 'v1.35.4' } });
  writeFileSync(join(folder, 'grade.ts'), 'export default 1;\n');
  expect(proofState(folder).state).toBe('stale');
  write('{');
  expect(proofState(folder)).toMatchObject({ state: 'faulty', fault: expect.stringContaining('not JSON') });
  write({ date: 'yesterday' });
  expect(proofState(folder)).toMatchObject({ state: 'faulty', fault: expect.stringContaining('not as it should be') });
});

it('a lesson claims a proof only while it holds', () => {
  expect(proofWords({ state: 'valid', proof })).toMatchObject({ fact: 'Proved on Kubernetes 1.35.4', at: proof.date, mark: 'passed' });
  expect(proofWords({ state: 'stale', proof })).toMatchObject({ fact: 'Changed since it was proved on Kubernetes 1.35.4', mark: 'open' });
  for (const state of [{ state: 'none' }, { state: 'faulty', fault: 'x' }] as const) {
    expect(proofWords(state)).toMatchObject({ fact: 'Not proved yet', at: null, mark: 'open' });
  }
});

it('an author is told the one thing to run next', () => {
  const next = (change: Partial<ProofFile>) => nextStep('01-a', { state: 'valid', proof: { ...proof, ...change } })?.command ?? null;
  expect(next({})).toBeNull();
  expect(next({ twice: false })).toBe('./slipway lab test 01-a --twice');
  expect(next({ scope: 'short' })).toBe('./slipway lab test 01-a');
  expect(next({ mutants: { ...proof.mutants, survived: 6 } })).toBeNull();
  expect(next({ mutants: { ...proof.mutants, survived: 7 } })).toBe('./slipway lab mutate 01-a');
  expect(nextStep('01-a', { state: 'none' })?.command).toBe('./slipway lab test 01-a');
  expect(nextStep('01-a', { state: 'stale', proof })?.why).toContain('changed');
});

it('an author is warned of memory that was understated, and of mutants nobody made', () => {
  const lab = { memoryMiB: 600, right: 3, wrong: 12, fixtures: 20 } as AuthorLab;
  const of = (change: Partial<ProofFile>) => facts({ ...lab, proof: { state: 'valid', proof: { ...proof, ...change } } });
  expect(of({}).find(({ term }) => term === 'Memory')).toMatchObject({ text: '655 MiB measured, 600 MiB declared', concern: true });
  expect(of({ memoryMiB: 580 }).find(({ term }) => term === 'Memory')?.concern).toBe(false);
  const none = { made: 0, survived: 0, inert: 0, excused: 0 };
  expect(of({ mutants: none }).find(({ term }) => term === 'Mutants')).toMatchObject({ text: 'none made', concern: true });
  expect(facts({ ...lab, proof: { state: 'none' } }).map(({ text }) => text)).toContain('600 MiB, as declared');
});

it('what a learner handed in last is there again', async () => {
  const { tasks } = LabFile.parse({
    title: 'A lab',
    summary: 'A lab with fields.',
    minutes: 1,
    memoryMiB: 512,
    tasks: [
      { id: 'one', title: 'One', points: 1, brief: 'Write down what you see, please.', answers: [{ id: 'port', label: 'Port' }] },
      { id: 'two', title: 'Two', points: 1, brief: 'Write down what you see, please.', answers: [{ id: 'name', label: 'Name' }] },
    ],
  });
  const name = answerName('one', 'port');
  const entry = (seq: number, value: string) => ({ seq, at: proof.date, witness: name, kind: 'seen' as const, value });
  const journal = { list: async () => [entry(1, '80'), entry(2, '<8080>')] };
  expect(await handedIn(journal, { id: 's', epoch: 1 }, tasks)).toEqual({ one: { port: '<8080>' } });
});

it('a moment of today is told by the clock alone', () => {
  const at = '2026-11-23T12:04:00.000Z';
  expect(moment(at, 'minutes', new Date(at))).toMatch(/^\d\d:\d\d$/);
  expect(moment(at, 'minutes', new Date('2026-11-29T12:00:00.000Z'))).toMatch(/^\d{1,2} Nov 2026, \d\d:\d\d$/);
  expect(moment(at, 'day')).toMatch(/^\d{1,2} Nov 2026$/);
});
