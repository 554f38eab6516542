import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Events, savesIn } from '#cli/lab/saves.ts';
import { labSchema, schemaPath } from '#cli/lab/schema.ts';
import { tellVerdicts } from '#cli/lab/tell.ts';
import { defineGrader, kube, needs, reasons, task } from '#grading';
import type { Evidence } from '#grading/evidence.ts';
import { gradedTasks } from '#grading/grader.ts';
import { judge } from '#grading/judge.ts';

test('the schema of lab.yaml that editors read is of lab.yaml as it is (./slipway lab schema)', () => {
  expect(JSON.parse(readFileSync(schemaPath(process.cwd()), 'utf8'))).toEqual(JSON.parse(JSON.stringify(labSchema())));
});

test('an author sees each finding beside the value it is about, and all that was observed', () => {
  const because = reasons({ 'web.few': { seen: 'It asks for {seen}.', needed: 'Three.', why: 'w', lookAt: 'Its spec.' } });
  const web = kube.object('apps/v1', 'Deployment', 'web', {
    namespace: 'shop',
    fields: z.object({ spec: z.object({ replicas: z.int() }) }),
  });
  const expected = z.object({ web: z.object({ spec: z.object({ replicas: needs(z.literal(3), because('web.few')) }) }) });
  const grader = defineGrader({ words: because, tasks: { copies: task({ lasts: 'state', observe: { web }, expect: expected }) } });
  const [graded] = gradedTasks([{ id: 'copies', points: 2 }], grader);
  if (graded === undefined) throw new Error('no task');
  const evidence: Evidence = {
    task: 'copies',
    at: '2026-01-01T00:00:00.000Z',
    settlingSince: null,
    observed: { web: { ok: true, value: { spec: { replicas: 1 } } }, pods: { ok: false, reason: 'the API server is away' } },
    journal: [],
    trials: null,
    partial: false,
  };
  expect(tellVerdicts([{ task: graded, verdict: judge(graded, evidence), evidence, passed: null }])).toEqual([
    '✗ copies: wrong, 0 of 2',
    '    web.few',
    '      at      web.spec.replicas = 1',
    '      seen    It asks for 1.',
    '      needed  Three.',
    '      look at Its spec.',
    '    observed',
    '      web = {"spec":{"replicas":1}}',
    '      pods = "could not look: the API server is away"',
  ]);
});

test('a grader counts as saved however an editor writes it, once for all its strokes; other files do not count', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-saves-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const stop = new AbortController();
  const events = savesIn(folder, 60_000, stop.signal);
  const next = async (from: Events) => (await from[Symbol.asyncIterator]().next()).value;
  const iterator = events[Symbol.asyncIterator]();
  writeFileSync(join(folder, 'proof.json'), '{}');
  writeFileSync(join(folder, 'grade.ts'), 'one');
  writeFileSync(join(folder, 'grade.ts'), 'two');
  expect((await iterator.next()).value).toBe('saved');
  writeFileSync(join(folder, 'new~'), 'three');
  renameSync(join(folder, 'new~'), join(folder, 'words.ts'));
  expect((await iterator.next()).value).toBe('saved');
  events.push('check');
  expect((await iterator.next()).value).toBe('check');
  stop.abort();
  expect((await iterator.next()).done).toBe(true);
  const paced = new AbortController();
  expect(await next(savesIn(folder, 1, paced.signal))).toBe('paced');
  paced.abort();
});
