import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Evidence } from '#grading/evidence.ts';
import { judge } from '#grading/judge.ts';
import type { Finding } from '#grading/verdict.ts';
import { loadLab } from '#runtime/course.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import { differences } from '#runtime/prove/outcome.ts';
import { checkProof } from '#runtime/prove/proof-file.ts';

const root = process.cwd();
const Fixture = z.strictObject({
  step: z.string(),
  expected: z.record(
    z.string(),
    z.union([z.strictObject({ passes: z.literal(true) }), z.strictObject({ passes: z.literal(false), code: z.string().optional() })]),
  ),
  evidence: z.array(Evidence),
});

const labs = await Promise.all(
  readdirSync(join(root, 'labs')).map(async (id) => {
    const lab = loadLab(root, id);
    const { tasks } = await loadGrader({ root, folder: lab.folder, tasks: lab.file.tasks });
    const fixtures = readdirSync(join(lab.folder, 'fixtures')).map((name) =>
      Fixture.parse(JSON.parse(readFileSync(join(lab.folder, 'fixtures', name), 'utf8'))),
    );
    return { id, lab, tasks, fixtures };
  }),
);

describe.each(labs)('lab $id, from evidence recorded on a real cluster', ({ lab, tasks, fixtures }) => {
  const verdicts = (evidence: readonly Evidence[]) =>
    tasks.flatMap((task) => evidence.filter((one) => one.task === task.id).map((one) => judge(task, one)));

  test.each(fixtures)('$step', ({ expected, evidence }) => {
    expect(Object.keys(expected)).toEqual(tasks.map(({ id }) => id));
    expect(differences(expected as Parameters<typeof differences>[0], verdicts(evidence))).toEqual([]);
  });

  test('its proof is of the folder as it is', () => {
    expect(checkProof(lab.folder)).toBeNull();
  });

  test('no finding gives the answer away', () => {
    const answers = ['solve.sh', ...readdirSync(join(lab.folder, 'right')).map((name) => `right/${name}`)]
      .map((name) => readFileSync(join(lab.folder, name), 'utf8').replaceAll(/^#.*$/gm, ''))
      .join('\n');
    const given = lab.file.tasks.map(({ brief }) => brief).join('\n');
    const fours = new Set(runsOfFour(answers));
    const pairs = [...answers.matchAll(/^[\s-]*([\w.-]+): (\S+)$/gm)]
      .map(([, key, value]) => `${key}: ${value}`)
      .filter((pair) => !given.includes(pair));
    const findings = fixtures.flatMap(({ evidence }) => verdicts(evidence).flatMap((verdict) => verdict.findings));
    expect(findings.length).toBeGreaterThan(0);
    for (const text of findings.map(said)) {
      expect(runsOfFour(text).filter((run) => fours.has(run))).toEqual([]);
      expect(pairs.filter((pair) => text.includes(pair))).toEqual([]);
    }
  });
});

const said = ({ seen, needed, why, lookAt }: Finding) => [seen, needed, why, lookAt].join(' ');

function runsOfFour(text: string): string[] {
  const tokens = text
    .toLowerCase()
    .split(/[^\w./-]+/)
    .filter(Boolean);
  return tokens.slice(3).map((_, index) => tokens.slice(index, index + 4).join(' '));
}
