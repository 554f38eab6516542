import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGrader, entries, kube, needs, optional, reasons, rule, task } from '#grading';
import type { Evidence, Observed } from '#grading/evidence.ts';
import { gradedTasks } from '#grading/grader.ts';
import { judge } from '#grading/judge.ts';

const words = { seen: 'It has {seen}.', needed: 'Three.', why: 'Because.', lookAt: 'There.' };
const because = reasons({ 'web.absent': { ...words, seen: 'There is no web.' }, 'web.replicas': words, 'web.unsteady': words });

const Web = z.object({ replicas: z.int(), ready: z.int(), annotations: z.record(z.string(), z.string()).optional() });
const web = kube.object('apps/v1', 'Deployment', 'web', { namespace: 'shop', fields: Web });
const notes = optional(kube.list('v1', 'Event', { namespace: 'shop', fields: z.object({ reason: z.string() }) }));

const definition = {
  observe: { web, notes },
  settling: z.object({ web: z.object({ replicas: z.literal(3) }) }),
  settlesWithin: 60,
  expect: z.object({
    web: needs(
      z.object({ replicas: needs(z.literal(3), because('web.replicas')), ready: z.int().min(3, 'three ready') }),
      because('web.absent'),
    ),
  }),
};
const grader = defineGrader({
  words: because,
  tasks: {
    state: task({ lasts: 'state', ...definition }),
    once: task({ lasts: 'once', ...definition }),
    credited: task({ lasts: 'state', ...definition, credit: { 'web.replicas': 0.5, 'task.unmet': 0.75 } }),
    history: task({
      lasts: 'state',
      observe: {},
      witness: { web },
      expect: z
        .object({ web: entries(web) })
        .check(rule(({ web }) => (web.some(({ kind, value }) => kind === 'seen' && value?.ready === 0) ? [because('web.unsteady')] : []))),
    }),
  },
});
const tasks = gradedTasks(
  Object.keys(grader.tasks).map((id) => ({ id, points: 4 })),
  grader,
);
const graded = (id: string) => {
  const found = tasks.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};

const at = '2026-11-23T12:02:00.000Z';
const ok = (value: z.core.util.JSONType): Observed => ({ ok: true, value });
const away: Observed = { ok: false, reason: 'the API server answered 500 to the grader' };
const evidence = (seen: Observed | undefined, more: Partial<Evidence> = {}): Evidence => ({
  task: 'state',
  at,
  settlingSince: null,
  observed: { ...(seen ? { web: seen } : {}), notes: away },
  journal: [],
  trials: null,
  partial: false,
  ...more,
});
const status = (id: string, given: Evidence) => judge(graded(id), given).status;

describe('the order of a verdict', () => {
  test('what is expected passes with all points, whatever an optional observation says', () => {
    expect(judge(graded('state'), evidence(ok({ replicas: 3, ready: 3 })))).toEqual({
      task: 'state',
      status: 'passed',
      score: 4,
      findings: [],
    });
  });

  test('an observation that could not be made is cannot-check, and its reason is told', () => {
    const verdict = judge(graded('state'), evidence(away));
    expect(verdict).toMatchObject({ status: 'cannot-check', score: 0, findings: [{ code: 'observation.failed' }] });
    expect(verdict.findings[0]?.seen).toBe('web could not be read: the API server answered 500 to the grader');
    expect(status('state', evidence(undefined))).toBe('cannot-check');
  });

  test('an absent object is a value: wrong, not cannot-check', () => {
    expect(judge(graded('state'), evidence(ok(null)))).toMatchObject({
      status: 'wrong',
      findings: [{ code: 'web.absent', seen: 'There is no web.' }],
    });
  });

  test('what is on its way is not-yet, and wrong when it has been for too long', () => {
    const rolling = ok({ replicas: 3, ready: 1 });
    expect(status('state', evidence(rolling, { settlingSince: '2026-11-23T12:01:30.000Z' }))).toBe('not-yet');
    expect(status('state', evidence(rolling, { settlingSince: '2026-11-23T12:01:00.000Z' }))).toBe('wrong');
    expect(status('state', evidence(ok({ replicas: 2, ready: 1 }), { settlingSince: null }))).toBe('wrong');
  });

  test('a reason given inside wins over the one around it, and says what was seen where', () => {
    const [first] = judge(graded('state'), evidence(ok({ replicas: 2, ready: 3 }))).findings;
    expect(first).toEqual({
      code: 'web.replicas',
      params: { seen: '2' },
      path: 'web.replicas',
      seen: 'It has 2.',
      needed: 'Three.',
      why: 'Because.',
      lookAt: 'There.',
    });
  });

  test('a value that is not of the observation’s form is not judged', () => {
    expect(judge(graded('state'), evidence(ok('text')))).toMatchObject({
      status: 'cannot-check',
      findings: [{ code: 'evidence.unreadable' }],
    });
  });
});

test('a task that lasts once stays passed by its journal entry, even when nothing can be seen', () => {
  const entry = { seq: 1, at, witness: 'once:passed', kind: 'seen' as const, value: { passed: true } };
  expect(status('once', evidence(away, { journal: [entry] }))).toBe('passed');
  expect(status('state', evidence(away, { journal: [entry] }))).toBe('cannot-check');
});

test('partial credit is what the worst finding leaves', () => {
  expect(judge(graded('credited'), evidence(ok({ replicas: 2, ready: 3 }))).score).toBe(2);
  expect(judge(graded('credited'), evidence(ok({ replicas: 2, ready: 1 }))).score).toBe(2);
  expect(judge(graded('credited'), evidence(ok(null))).score).toBe(0);
});

test('a journal from before a witness read another field is no failure of the learner’s', () => {
  const entry = (value: z.core.util.JSONType) => ({ seq: 1, at, witness: 'history.web', kind: 'seen' as const, value });
  expect(judge(graded('history'), evidence(undefined, { journal: [entry({ replicas: 3 })] }))).toMatchObject({
    status: 'cannot-check',
    findings: [{ code: 'evidence.unreadable', params: { observation: 'web' } }],
  });
  const elsewhere = { ...entry({}), witness: 'state.web' };
  expect(status('history', evidence(undefined, { journal: [entry({ replicas: 3, ready: 0 }), elsewhere] }))).toBe('wrong');
});

test('a trial that is not taken back yet makes nothing wrong that it may hide', () => {
  const left = (isOpen: boolean) => ({
    ...{ seq: 1, at, witness: 'history.web', kind: 'gap' as const },
    value: { from: at, reason: 'trial', ...(isOpen ? { isOpen } : {}) },
  });
  const dropped = { seq: 2, at, witness: 'history.web', kind: 'seen' as const, value: { replicas: 3, ready: 0 } };
  expect(judge(graded('history'), evidence(undefined, { journal: [left(true), dropped] }))).toMatchObject({
    status: 'cannot-check',
    findings: [{ code: 'trial.left' }],
  });
  expect(status('history', evidence(undefined, { journal: [left(false), dropped] }))).toBe('wrong');
  expect(status('history', evidence(undefined, { journal: [left(true)] }))).toBe('passed');
});

test('a witness’s journal is judged, gaps and all', () => {
  const seen = (seq: number, ready: number) => ({ seq, at, witness: 'history.web', kind: 'seen' as const, value: { replicas: 3, ready } });
  const gap = { seq: 2, at, witness: 'history.web', kind: 'gap' as const, value: { from: at } };
  expect(status('history', evidence(undefined, { journal: [seen(1, 3), gap, seen(3, 1)] }))).toBe('passed');
  expect(status('history', evidence(undefined, { journal: [seen(1, 3), gap, seen(3, 0)] }))).toBe('wrong');
});

test('a fault that many objects share is told three times at most', () => {
  const pods = kube.list('v1', 'Pod', { fields: z.object({ name: z.string() }) });
  const each = rule((all: { name: string }[]) => all.map(({ name }) => because('web.replicas', { seen: name })));
  const many = defineGrader({
    words: because,
    tasks: { many: task({ lasts: 'state', observe: { pods }, expect: z.object({ pods: pods.value.check(each) }) }) },
  });
  const [one] = gradedTasks([{ id: 'many', points: 1 }], many);
  if (!one) throw new Error('no task');
  const observed = { pods: ok(['a', 'b', 'b', 'c', 'd'].map((name) => ({ name }))) };
  expect(judge(one, evidence(undefined, { observed })).findings.map(({ seen }) => seen)).toEqual(['It has a.', 'It has b.', 'It has c.']);
});

test('any evidence at all gives the same verdict twice, and never a failure', () => {
  const observed = fc.oneof(
    fc.jsonValue().map((value): Observed => ({ ok: true, value: value as z.core.util.JSONType })),
    fc.constant(away),
    fc.constant(undefined),
  );
  const since = fc.constantFrom(null, '2026-11-23T12:00:00.000Z', '2026-11-23T12:01:59.000Z');
  fc.assert(
    fc.property(observed, since, fc.constantFrom(...tasks), (seen, settlingSince, one) => {
      const verdict = judge(one, evidence(seen, { settlingSince }));
      expect(judge(one, evidence(seen, { settlingSince }))).toEqual(verdict);
      expect(verdict.score).toBeLessThanOrEqual(4);
      expect(verdict.findings.length > 0).toBe(verdict.status !== 'passed');
    }),
  );
});

test('lab.yaml and grade.ts must name the same tasks', () => {
  expect(() => gradedTasks([{ id: 'state', points: 1 }], grader)).toThrow('once, credited, history');
  const asked = [...tasks.map(({ id }) => id), 'more'].map((id) => ({ id, points: 1 }));
  expect(() => gradedTasks(asked, grader)).toThrow('more');
});

test('what is misspelt does not compile', () => {
  const observe = { web };
  // @ts-expect-error: no observation is named wbe
  task({ lasts: 'state', observe, expect: z.object({ wbe: Web }) });
  // @ts-expect-error: the observation keeps no field replica
  task({ lasts: 'state', observe, expect: z.object({ web: z.object({ replica: z.literal(3) }) }) });
  // @ts-expect-error: replicas is a number
  task({ lasts: 'state', observe, expect: z.object({ web: z.object({ replicas: z.literal('3') }) }) });
  // @ts-expect-error: settling reads the same values
  task({ lasts: 'state', observe, expect: z.object({ web: Web }), settling: z.object({ wbe: Web }) });
  // @ts-expect-error: an optional observation never decides
  task({ lasts: 'state', observe: { notes }, expect: z.object({ notes: z.array(z.json()) }) });
  // @ts-expect-error: this reason has no words
  expect(because('web.replica').code).toBe('web.replica');
});
