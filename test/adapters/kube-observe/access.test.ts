import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { access } from '#grading';
import { type FakeCluster, fakeCluster } from './cluster.ts';

const Review = z.object({
  spec: z.looseObject({
    user: z.string(),
    groups: z.array(z.string()),
    resourceAttributes: z.record(z.string(), z.string()).optional(),
    nonResourceAttributes: z.record(z.string(), z.string()).optional(),
  }),
});
type Spec = z.infer<typeof Review>['spec'];

let cluster: FakeCluster;
let asked: Spec[];
let changes: (spec: Spec) => Spec;
let isAllowed: (spec: Spec) => boolean;

beforeEach(async () => {
  cluster = await fakeCluster();
  asked = [];
  changes = (spec) => spec;
  isAllowed = () => true;
  cluster.answer = ({ method, url, body }) => {
    if (method !== 'POST' || url.pathname !== '/apis/authorization.k8s.io/v1/subjectaccessreviews') return undefined;
    const { spec } = Review.parse(body);
    asked.push(spec);
    return { status: 201, body: { spec: changes(spec), status: { allowed: isAllowed(changes(spec)) } } };
  };
});
afterEach(() => cluster.close());

const pods = { verb: 'list', resource: 'pods', namespace: 'shop' };

test('every question is answered by its name', async () => {
  isAllowed = ({ resourceAttributes }) => resourceAttributes?.['verb'] === 'list';
  const table = access.can({ user: 'jo', groups: ['crew'] }, { mayList: pods, mayDelete: { ...pods, verb: 'delete' } });
  expect(await cluster.look(table)).toEqual({ ok: true, value: { mayList: true, mayDelete: false } });
});

test('questions are asked as they are meant: group, subresource, name, and paths that are no resources', async () => {
  const scale = { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'shop', name: 'web' };
  await cluster.look(
    access.can({ user: 'jo' }, { scale, nodes: { verb: 'get', resource: 'nodes' }, metrics: { verb: 'get', path: '/metrics' } }),
  );
  expect(asked.map(({ resourceAttributes, nonResourceAttributes }) => resourceAttributes ?? nonResourceAttributes)).toEqual(
    expect.arrayContaining([scale, { verb: 'get', resource: 'nodes' }, { verb: 'get', path: '/metrics' }]),
  );
});

test.each([
  [
    { serviceAccount: 'robot', namespace: 'shop' },
    'system:serviceaccount:shop:robot',
    ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
  ],
  [{ user: 'jo', groups: ['crew'] }, 'jo', ['crew', 'system:authenticated']],
  [{ user: 'system:anonymous' }, 'system:anonymous', ['system:unauthenticated']],
])('%j is whom the API server takes it for', async (subject, user, groups) => {
  await cluster.look(access.can(subject, { list: pods }));
  expect(asked).toMatchObject([{ user, groups }]);
});

test('a webhook that refuses the question means we could not look, and no rights are repaired for it', async () => {
  cluster.answer = () => ({ status: 403, body: { message: 'admission webhook "no.learner.test" denied the request: no' } });
  expect(await cluster.look(access.can({ user: 'jo' }, { list: pods }))).toEqual({
    ok: false,
    reason: 'the API server answered 403 to the grader: admission webhook "no.learner.test" denied the request: no',
  });
  expect(cluster.repairs).toBe(0);
});

test('a webhook that rewrites the question gets no answer out of it', async () => {
  changes = (spec) => ({ ...spec, groups: ['system:masters'] });
  expect(await cluster.look(access.can({ user: 'jo' }, { list: pods }))).toEqual({
    ok: false,
    reason: 'something in the cluster changed the question on its way to the API server',
  });
});

test('a grader that may not ask has its role repaired and asks again', async () => {
  const answer = cluster.answer;
  cluster.answer = () => ({ status: 403, body: { message: 'User "slipway:grader" cannot create resource "subjectaccessreviews"' } });
  cluster.repair = async () => {
    cluster.answer = answer;
  };
  expect(await cluster.look(access.can({ user: 'jo' }, { list: pods }))).toEqual({ ok: true, value: { list: true } });
  expect(cluster.repairs).toBe(1);
});

test('a long table is asked eight questions at a time', async () => {
  let waiting: (() => void)[] = [];
  const answer = cluster.answer;
  cluster.answer = async (request) => {
    await new Promise<void>((go) => {
      waiting.push(go);
      if (waiting.length < 8) return;
      for (const next of waiting) next();
      waiting = [];
    });
    return answer(request);
  };
  const questions = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`q${at}`, { ...pods, name: `p${at}` }]));
  expect(await cluster.look(access.can({ user: 'jo' }, questions))).toMatchObject({ ok: true });
  expect(asked).toHaveLength(64);
  // A connection is free a moment after its answer was read, so some are opened beside it.
  expect(cluster.server.connections).toBeLessThanOrEqual(16);
});
