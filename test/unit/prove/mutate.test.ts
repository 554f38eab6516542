import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGrader, entries, kube, needs, reasons, rule, task } from '#grading';
import type { Evidence } from '#grading/evidence.ts';
import { gradedTasks, journalName } from '#grading/grader.ts';
import type { Fixture } from '#runtime/prove/fixture.ts';
import { countMutants, mutate, survivedShare } from '#runtime/prove/mutate.ts';
import { patternOf, replaced, spoil } from '#runtime/prove/spoil.ts';

const said = { needed: 'n', why: 'w', lookAt: 'l' };
const because = reasons({
  'web.absent': { seen: 'There is no web.', ...said },
  'web.replicas': { seen: 'It asks for {seen}.', ...said },
  'pods.none': { seen: 'None of {names} is ready.', ...said },
  'pods.same': { seen: 'It is still {pod}.', ...said },
});

const web = kube.object('apps/v1', 'Deployment', 'web', {
  namespace: 'shop',
  fields: z.object({ spec: z.object({ replicas: z.int(), paused: z.boolean().default(false) }) }),
});
const pods = kube.list('v1', 'Pod', {
  namespace: 'shop',
  fields: z.object({ metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }), ready: z.boolean() }),
});

const copies = (expected: z.ZodType) =>
  task({ lasts: 'state', observe: { web }, expect: z.object({ web: needs(expected, because('web.absent')) as typeof web.value }) });
const three = z.object({ spec: z.object({ replicas: needs(z.literal(3), because('web.replicas')) }) });

const running = task({
  lasts: 'state',
  observe: { pods },
  expect: z.object({ pods: pods.value }).check(
    rule(function* ({ pods }) {
      const ready = pods.filter((pod) => pod.ready && pod.metadata.labels['app'] === 'web');
      if (ready.length === 0) yield because('pods.none', { names: pods.map(({ metadata }) => metadata.name) });
    }),
  ),
});

const tasksOf = (tasks: Parameters<typeof defineGrader>[0]['tasks']) =>
  gradedTasks(
    Object.keys(tasks).map((id) => ({ id, points: 1 })),
    defineGrader({ words: because, tasks }),
  );

type Seen = Record<string, z.core.util.JSONType>;
const at = '2026-01-01T00:00:00.000Z';
const evidence = (task: string, observed: Seen, journal: Evidence['journal'] = []): Evidence => ({
  task,
  at,
  settlingSince: null,
  observed: Object.fromEntries(Object.entries(observed).map(([name, value]) => [name, { ok: true, value }])),
  journal,
  trials: null,
  partial: false,
});
const fixture = (...recorded: Evidence[]): Fixture => ({ step: 'solve', expected: {}, evidence: recorded });

const deployed = { spec: { replicas: 3, paused: false } };
const pod = (name: string, ready: boolean, app: string) => ({ metadata: { name, labels: { app } }, ready });

const ways = (mutants: readonly { pattern: string; kind: string }[]) => mutants.map(({ pattern, kind }) => `${pattern}: ${kind}`);

test('what a grader demands is noticed, and what it names without judging survives', () => {
  const { made, survivors } = mutate(tasksOf({ copies: copies(three) }), { solve: fixture(evidence('copies', { web: deployed })) });
  expect(made).toBe(5);
  expect(survivors).toEqual([
    { fixture: 'solve', task: 'copies', path: 'web.spec.paused', pattern: 'web.spec.paused', kind: 'flipped', was: false, now: true },
  ]);
});

test('a grader that forgot its one demand lets nearly everything survive', () => {
  const lax = mutate(tasksOf({ copies: copies(z.object({})) }), { solve: fixture(evidence('copies', { web: deployed })) });
  expect(ways(lax.survivors)).toEqual([
    'web.spec.replicas: zero replicas',
    'web.spec.replicas: other number',
    'web.spec.replicas: other number',
    'web.spec.paused: flipped',
  ]);
  expect(survivedShare(countMutants(lax))).toBe(0.8);
});

test('one of several tasks that read the same object is enough to notice', () => {
  const both = fixture(evidence('strict', { web: deployed }), evidence('lax', { web: deployed }));
  const { survivors } = mutate(tasksOf({ strict: copies(three), lax: copies(z.object({})) }), { solve: both });
  expect(ways(survivors)).toEqual(['web.spec.paused: flipped']);
  expect(survivors[0]?.task).toBe('strict, lax');
});

describe('what cannot matter is set apart, with its reason', () => {
  const passing = evidence('running', { pods: [pod('web-1', true, 'web'), pod('db-1', true, 'db')] });
  const failing = evidence('running', { pods: [pod('web-1', false, 'web')] });

  test('one of a list that the task does without, where another one is noticed', () => {
    const { inert, survivors } = mutate(tasksOf({ running }), { solve: fixture(passing), untouched: fixture(failing) });
    expect(inert.filter(({ path }) => path.startsWith('pods.1')).map(({ path, kind }) => `${path}: ${kind}`)).toEqual([
      'pods.1: element removed',
      'pods.1.metadata.name: other text',
      'pods.1.metadata.labels: missing key',
      'pods.1.metadata.labels.app: label typo',
      'pods.1.ready: flipped',
    ]);
    expect(survivors).toEqual([]);
  });

  test('text that only words repeat; without a finding that repeats it, it is a survivor', () => {
    const heard = mutate(tasksOf({ running }), { solve: fixture(passing), untouched: fixture(failing) });
    expect(heard.inert.find(({ path }) => path === 'pods.0.metadata.name')?.reason).toBe('only the words of findings change');
    const unheard = mutate(tasksOf({ running }), { solve: fixture(passing) });
    expect(ways(unheard.survivors)).toEqual(['pods.*.metadata.name: other text', 'pods.*.metadata.name: other text']);
  });
});

test('what an author excuses is shown apart, and an excuse for nothing is told', () => {
  const excuses = [
    { path: 'web.spec.paused', reason: 'a paused rollout has its copies all the same' },
    { path: 'web.status.**', reason: 'there is no such field any more' },
  ];
  const { survivors, excused, idle } = mutate(
    tasksOf({ copies: copies(three) }),
    { solve: fixture(evidence('copies', { web: deployed })) },
    excuses,
  );
  expect([survivors.length, excused.length]).toEqual([0, 1]);
  expect(idle).toEqual([excuses[1]]);
});

test('a journal is spoilt in all its entries at once, also where a task has passed once for all', () => {
  const kept = task({
    lasts: 'once',
    observe: {},
    witness: { pods },
    expect: z.object({ pods: entries(pods) }).check(
      rule(function* ({ pods }) {
        const names = new Set(pods.flatMap((entry) => (entry.kind === 'seen' ? entry.value.map(({ metadata }) => metadata.name) : [])));
        if (names.size < 2) yield because('pods.same', { pod: [...names][0] ?? 'nothing' });
      }),
    ),
  });
  const entry = (seq: number, name: string) => ({
    seq,
    at,
    witness: journalName('kept', 'pods'),
    kind: 'seen' as const,
    value: [pod(name, true, 'web')],
  });
  const passed = { seq: 4, at, witness: 'kept:passed', kind: 'seen' as const, value: { passed: true } };
  const journal = [entry(1, 'web-1'), entry(2, 'web-2'), entry(3, 'web-2'), passed];
  const { survivors, made } = mutate(tasksOf({ kept }), { solve: fixture(evidence('kept', {}, journal)) });
  expect(made).toBeGreaterThan(8);
  expect(ways(survivors)).not.toContain('journal.pods: nothing seen');
  expect(ways(survivors)).not.toContain('journal.pods: only the first half seen');
  expect(ways(survivors)).toContain('journal.pods: seen in another order');
  expect(ways(survivors)).toContain('journal.pods.*.*.ready: flipped');
});

test('evidence that no observation could have made is no mutant', () => {
  const kinds = ways(
    mutate(tasksOf({ copies: copies(z.object({})) }), { solve: fixture(evidence('copies', { web: deployed })) }).survivors,
  );
  expect(kinds).not.toContain('web.spec.replicas: missing key');
  expect(kinds).not.toContain('web.spec.paused: missing key');
});

describe('each kind of value is spoilt as learners spoil it', () => {
  test.each([
    [{ selector: { app: 'web' } }, 'selector.app', 'label typo', 'webx'],
    [{ targetPort: 8080 }, 'targetPort', 'other port', 8081],
    [{ replicas: 3 }, 'replicas', 'zero replicas', 0],
    [{ observedGeneration: 4 }, 'observedGeneration', 'stale generation', 3],
    [{ status: 200 }, 'status', 'other status', 500],
    [{ image: 'registry:5000/web:1.0' }, 'image', 'other image tag', 'registry:5000/web:spoiled'],
    [{ namespace: 'shop' }, 'namespace', 'other namespace', 'shop-2'],
    [{ uid: 'a' }, 'uid', 'other uid', '00000000-0000-4000-8000-000000000000'],
    [{ conditions: [{ status: 'True' }] }, 'conditions.*.status', 'flipped', 'False'],
    [{ weight: '10' }, 'weight', 'other number', '11'],
    [{ tags: ['a', 'b'] }, 'tags', 'emptied', []],
    [{ body: { a: 1 } }, 'body', 'missing key', undefined],
  ])('%j', (value, path, kind, now) => {
    expect([...spoil(value)]).toContainEqual(expect.objectContaining({ kind, now }));
    expect([...spoil(value)].filter((way) => way.kind === kind).map((way) => patternOf(way.path))).toContain(path);
  });

  test('what says nothing is not spoilt', () => {
    expect([...spoil({ labels: {}, containers: [{ state: {} }], volumes: [], node: null })].map(({ kind }) => kind)).toEqual(['absent']);
  });

  test('a whole object can be absent, and an element gone leaves no hole', () => {
    expect([...spoil({ a: 1 })][0]).toMatchObject({ path: [], kind: 'absent', now: null });
    expect(replaced({ a: ['x', 'y', 'z'] }, ['a', 1], undefined)).toEqual({ a: ['x', 'z'] });
    expect(replaced({ a: { b: 1, c: 2 } }, ['a', 'b'], undefined)).toEqual({ a: { c: 2 } });
  });
});
