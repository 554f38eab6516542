import { expect, test } from 'vitest';
import { z } from 'zod';
import { answer, defineGrader, kube, needs, reasons, task, trial } from '#grading';
import type { Evidence, Observed } from '#grading/evidence.ts';
import { type GradedTask, gradedTasks } from '#grading/grader.ts';
import { isReadyForTrial, isWaitingForTrial, judge } from '#grading/judge.ts';
import { regradeAttempt } from '#grading/regrade.ts';

const words = { seen: 'It has {seen}.', needed: 'n', why: 'w', lookAt: 'l' };
const because = reasons({ 'web.absent': words, 'web.replicas': words, 'guard.open': words });
const Web = z.object({ replicas: z.int() });
const web = kube.object('apps/v1', 'Deployment', 'web', { namespace: 'shop', fields: Web });
const bad = trial.dryRun({ verb: 'create', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad', namespace: 'shop' } } });
const guarded = (lasts: 'state' | 'once') =>
  task({
    lasts,
    observe: { web },
    expect: z.object({ web: needs(z.object({ replicas: needs(z.literal(3), because('web.replicas')) }), because('web.absent')) }),
    credit: { 'guard.open': 0.5 },
    trial: {
      observe: { bad },
      expect: z.object({ bad: z.object({ accepted: needs(z.literal(false), because('guard.open')) }) }),
    },
  });
const coming = task({
  lasts: 'state',
  observe: { web },
  expect: z.object({ web: z.object({ replicas: needs(z.literal(3), because('web.replicas')) }) }),
  settling: z.object({ web: z.object({ replicas: z.literal(2) }) }),
});
const grader = defineGrader({ words: because, tasks: { state: guarded('state'), once: guarded('once'), coming } });
const announced = [
  { id: 'state', points: 4, trial: 'A pod is tried.' },
  { id: 'once', points: 4, trial: 'A pod is tried.' },
  { id: 'coming', points: 4 },
];
const tasks = gradedTasks(announced, grader);
const graded = (id: string): GradedTask => {
  const found = tasks.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};

const at = '2026-11-23T12:02:00.000Z';
const evidence = (replicas: number, bad: Observed | null, more: Partial<Evidence> = {}): Evidence => ({
  task: 'state',
  at,
  settlingSince: null,
  observed: { web: { ok: true, value: { replicas } } },
  journal: [],
  trials: bad && { bad },
  partial: false,
  ...more,
});
const came = (accepted: boolean): Observed => ({ ok: true, value: { accepted, status: accepted ? 201 : 403, message: '' } });
const verdict = (given: Evidence, id = 'state') => judge(graded(id), given);

test('what holds by itself waits for its trial, and is passed by it', () => {
  expect(verdict(evidence(3, null))).toMatchObject({ status: 'not-yet', score: 0, findings: [{ code: 'trial.waiting' }] });
  expect(verdict(evidence(3, came(false)))).toEqual({ task: 'state', status: 'passed', score: 4, findings: [] });
});

test('what does not hold by itself is wrong, whatever a trial would say', () => {
  expect(verdict(evidence(2, null))).toMatchObject({ status: 'wrong', findings: [{ code: 'web.replicas' }] });
  expect(isReadyForTrial(graded('state'), evidence(2, null))).toBe(false);
  expect(isReadyForTrial(graded('state'), evidence(3, null))).toBe(true);
});

test('a trial that shows a fault is wrong, with credit for the rest; one that could not be made is cannot-check', () => {
  expect(verdict(evidence(3, came(true)))).toMatchObject({
    status: 'wrong',
    score: 2,
    findings: [{ code: 'guard.open', path: 'bad.accepted' }],
  });
  const untried = verdict(evidence(3, { ok: false, reason: 'a webhook of this cluster refused the trial' }));
  expect(untried).toMatchObject({ status: 'cannot-check', score: 0, findings: [{ code: 'trial.failed' }] });
  expect(untried.findings[0]?.seen).toBe('bad could not be tried: a webhook of this cluster refused the trial');
  expect(verdict(evidence(3, { ok: true, value: 'text' }))).toMatchObject({ findings: [{ code: 'evidence.unreadable' }] });
});

test('only a verdict that says nothing but that the trial is due waits for it', () => {
  expect(isWaitingForTrial(verdict(evidence(3, null)))).toBe(true);
  for (const other of [evidence(3, came(false)), evidence(3, came(true)), evidence(2, null)])
    expect(isWaitingForTrial(verdict(other))).toBe(false);
  const rolling = verdict(evidence(2, null, { settlingSince: at }), 'coming');
  expect([rolling.status, isWaitingForTrial(rolling)]).toEqual(['not-yet', false]);
});

test('a task that lasts once and was passed by its trial needs no other', () => {
  const passed = { seq: 1, at, witness: 'once:passed', kind: 'seen' as const, value: { passed: true } };
  expect(verdict(evidence(2, null, { journal: [passed] }), 'once').status).toBe('passed');
  expect(isReadyForTrial(graded('once'), evidence(3, null, { journal: [passed] }))).toBe(false);
});

test('an attempt judged again is judged by its evidence alone, trials and all', () => {
  expect(regradeAttempt(tasks, { task: 'state', evidence: evidence(3, came(true)) })).toMatchObject({ status: 'wrong', score: 2 });
  expect(regradeAttempt(tasks, { task: 'state', evidence: evidence(3, came(false), { partial: true }) })).toBe('partial');
  expect(regradeAttempt(tasks, { task: 'gone', evidence: evidence(3, null) })).toBe('unknown-task');
});

test('a task that lasts once is carried only by an attempt that still passes', () => {
  const passed = { seq: 1, at, witness: 'once:passed', kind: 'seen' as const, value: { passed: true } };
  const attempt = { task: 'once', evidence: evidence(2, null, { journal: [passed] }) };
  expect(regradeAttempt(tasks, attempt)).toMatchObject({ status: 'passed' });
  expect(regradeAttempt(tasks, attempt, { passedBefore: false })).toMatchObject({ status: 'wrong' });
});

test('lab.yaml announces the trials that grade.ts makes, and asks for the answers it reads', () => {
  const silent = announced.map(({ id, points }) => ({ id, points }));
  expect(() => gradedTasks(silent, grader)).toThrow('lab.yaml does not announce the trial of state');
  const typed = answer('address');
  const asking = defineGrader({
    words: because,
    tasks: { where: task({ lasts: 'state', observe: { typed }, expect: z.object({ typed: z.string() }) }) },
  });
  expect(() => gradedTasks([{ id: 'where', points: 1 }], asking)).toThrow(
    'where reads the answer address, which lab.yaml does not ask for',
  );
  expect(() => gradedTasks([{ id: 'where', points: 1, trial: 'A pod is tried.' }], asking)).toThrow('where makes no trial');
  expect(gradedTasks([{ id: 'where', points: 1, answers: [{ id: 'address' }] }], asking)).toHaveLength(1);
});

/** A value that nothing can be written into, at any depth. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

test('judging changes nothing of what it reads', () => {
  for (const given of [evidence(3, null), evidence(3, came(true)), evidence(3, came(false)), evidence(2, null)]) {
    const copy = structuredClone(given);
    expect(judge(graded('state'), frozen(given))).toEqual(judge(graded('state'), copy));
    expect(given).toEqual(copy);
  }
});

test('thirty thousand faults are one finding, told three times at most', () => {
  const pods = kube.list('v1', 'Pod', { fields: z.object({ name: z.string() }) });
  const many = defineGrader({
    words: because,
    tasks: {
      many: task({
        lasts: 'state',
        observe: { pods },
        expect: z.object({ pods: z.array(z.object({ name: needs(z.literal('web'), because('web.absent')) })) }),
        credit: { 'web.absent': 0.25 },
      }),
    },
  });
  const [one] = gradedTasks([{ id: 'many', points: 4 }], many);
  if (!one) throw new Error('no task');
  const value = Array.from({ length: 30_000 }, (_, index) => ({ name: `<b>${index}</b>` }));
  const { findings, score, status } = judge(one, { ...evidence(3, null), observed: { pods: { ok: true, value } } });
  expect({ status, score, told: findings.length }).toEqual({ status: 'wrong', score: 1, told: 3 });
});
