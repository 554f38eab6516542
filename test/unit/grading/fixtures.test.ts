import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '#grading/evidence.ts';
import { judge } from '#grading/judge.ts';
import type { Finding } from '#grading/verdict.ts';
import { loadLab } from '#runtime/course.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import { readFixtures } from '#runtime/prove/fixture.ts';
import { readExcuses } from '#runtime/prove/mutants-file.ts';
import { countMutants, mutate, survivedShare } from '#runtime/prove/mutate.ts';
import { differences } from '#runtime/prove/outcome.ts';
import { checkProof, readProof } from '#runtime/prove/proof-file.ts';
import { answersOf, leaks } from './leaks.ts';

const root = process.cwd();
/** Spoiling all evidence of a lab takes seconds. */
const patience = 60_000;

const labs = await Promise.all(
  readdirSync(join(root, 'labs'))
    .filter((id) => existsSync(join(root, 'labs', id, 'proof.json')))
    .map(async (id) => {
      const lab = loadLab(root, id);
      const { tasks } = await loadGrader({ root, folder: lab.folder, tasks: lab.file.tasks });
      const fixtures = readFixtures(lab.folder);
      const mutation = () => {
        const findings: Finding[] = [];
        const all = mutate(tasks, fixtures, readExcuses(lab.folder), (verdict) => findings.push(...verdict.findings));
        return { ...all, findings };
      };
      return { id, lab, tasks, fixtures, mutation };
    }),
);

describe.each(labs)('lab $id, from evidence recorded on a real cluster', ({ lab, tasks, fixtures, mutation }) => {
  const verdicts = (evidence: readonly Evidence[]) =>
    tasks.flatMap((task) => evidence.filter((one) => one.task === task.id).map((one) => judge(task, one)));

  test.each(Object.values(fixtures))('$step', ({ expected, evidence }) => {
    expect(Object.keys(expected)).toEqual(tasks.map(({ id }) => id));
    expect(differences(expected, verdicts(evidence))).toEqual([]);
  });

  test('its proof is of the folder as it is, and of every answer', () => {
    expect(checkProof(lab.folder)).toBeNull();
    expect(readProof(lab.folder)).toMatchObject({ state: 'valid', file: { scope: 'all' } });
  });

  test('of what is spoilt in the evidence at most one in twenty goes unnoticed, as its proof says', { timeout: patience }, () => {
    const count = countMutants(mutation());
    expect(survivedShare(count)).toBeLessThanOrEqual(0.05);
    expect(readProof(lab.folder)).toMatchObject({ file: { mutants: count } });
  });

  test('no finding gives the answer away, be it about an answer or about spoilt evidence', { timeout: patience }, () => {
    const answers = answersOf(lab.folder);
    const given = lab.file.tasks.map(({ brief }) => brief).join('\n');
    const findings = [
      ...mutation().findings,
      ...Object.values(fixtures).flatMap(({ evidence }) => verdicts(evidence).flatMap((one) => one.findings)),
    ];
    expect(findings.length).toBeGreaterThan(10);
    expect(leaks([...new Set(findings.map(said))], answers, given)).toEqual([]);
  });
});

test('a finding with four words of the answer in a row, or a field of its manifest, is a leak', () => {
  const answers = ['kubectl -n shop scale deployment web --replicas=3', '  reclaimPolicy: Retain\n  - name: trial\n'].join('\n');
  expect(leaks(['Try: kubectl -n shop scale it.'], answers, '')).toEqual(['Try: kubectl -n shop scale it.: "kubectl -n shop scale"']);
  expect(leaks(['It wants reclaimPolicy: Retain.'], answers, '')).toEqual(['It wants reclaimPolicy: Retain.: "reclaimPolicy: Retain"']);
  expect(leaks(['It wants reclaimPolicy: Retain.'], answers, 'Set `reclaimPolicy: Retain`.')).toEqual([]);
  expect(leaks(['The Deployment web asks for two copies.'], answers, '')).toEqual([]);
});

const said = ({ seen, needed, why, lookAt }: Finding) => [seen, needed, why, lookAt].join(' ');
