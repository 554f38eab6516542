import { describe, expect, test } from 'vitest';
import { type Belongings, belongings, changesOf } from '#runtime/prove/belongings.ts';

interface Thing {
  uid?: string;
  version?: string;
  by?: string[];
  controlled?: boolean;
  spec?: object;
  status?: object;
}

const thing = (name: string, { uid = 'u1', version = '1', by = ['kubectl'], controlled = false, spec = {}, status = {} }: Thing = {}) => ({
  metadata: {
    name,
    namespace: 'shop',
    uid,
    resourceVersion: version,
    ownerReferences: controlled ? [{ kind: 'ReplicaSet', controller: true }] : [],
    managedFields: by.map((manager) => ({ manager, time: version })),
  },
  spec,
  status,
});
const all = (...things: ReturnType<typeof thing>[]): Belongings => new Map(things.map((one) => [`pods shop/${one.metadata.name}`, one]));
const read = { tried: false };
const tried = { tried: true };

test('a lab that nobody touched is as it was', () => {
  expect(changesOf(all(thing('web')), all(thing('web')), read)).toEqual([]);
});

describe('a grade that leaves a trace is told what it changed, even where contents look the same', () => {
  test.each([
    ['an object that was written', all(thing('web')), all(thing('web', { version: '2' })), ['grading changed pods shop/web']],
    ['an object that is gone', all(thing('web')), all(), ['grading took pods shop/web away']],
    ['an object made anew', all(thing('web')), all(thing('web', { uid: 'u2' })), ['grading took pods shop/web away and made it anew']],
    ['an object that was left', all(), all(thing('web')), ['grading left pods shop/web behind']],
    [
      'a pod that a controller made anew',
      all(thing('web', { controlled: true })),
      all(thing('web', { uid: 'u2', controlled: true })),
      ['grading took pods shop/web away and made it anew'],
    ],
  ])('%s', (_what, before, after, said) => {
    expect(changesOf(before, after, read)).toEqual(said);
  });
});

test('what the cluster writes by itself is nobody’s doing', () => {
  const before = all(thing('web', { by: ['kubelet'] }));
  const after = all(
    thing('web', { version: '2', by: ['kubelet'], status: { phase: 'Running' } }),
    thing('new', { by: ['kube-controller-manager'] }),
  );
  expect(changesOf(before, after, read)).toEqual([]);
});

describe('after a trial was undone', () => {
  test('contents count, and not that they were written', () => {
    const before = all(thing('web', { spec: { replicas: 3 } }));
    expect(changesOf(before, all(thing('web', { version: '3', by: ['prober'], spec: { replicas: 3 } })), tried)).toEqual([]);
    expect(changesOf(before, all(thing('web', { version: '3', by: ['prober'], spec: { replicas: 2 } })), tried)).toEqual([
      'grading changed pods shop/web',
    ]);
  });

  test('a pod may be another one, if a controller owns it', () => {
    const before = all(thing('web-1', { controlled: true }), thing('own'));
    expect(changesOf(before, all(thing('web-2', { controlled: true }), thing('own')), tried)).toEqual([]);
    expect(changesOf(before, all(thing('web-2', { controlled: true })), tried)).toEqual(['grading took pods shop/own away']);
  });
});

test('everything that can be listed is, but what the cluster keeps for itself', async () => {
  const answers: Record<string, unknown> = {
    '/apis': {
      groups: [
        { name: 'apps', preferredVersion: { groupVersion: 'apps/v1' } },
        { name: 'metrics.k8s.io', preferredVersion: { groupVersion: 'metrics.k8s.io/v1' } },
      ],
    },
    '/api/v1': {
      resources: [
        { name: 'pods', kind: 'Pod', verbs: ['list'] },
        { name: 'pods/log', kind: 'Pod', verbs: ['get'] },
        { name: 'events', kind: 'Event', verbs: ['list'] },
        { name: 'bindings', kind: 'Binding', verbs: ['create'] },
      ],
    },
    '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment', verbs: ['list'] }] },
    '/api/v1/pods': { items: [thing('web-1')] },
    '/apis/apps/v1/deployments': { items: [thing('web')] },
  };
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return { status: path in answers ? 200 : 503, body: answers[path] };
  };
  expect([...(await belongings({ get }, AbortSignal.timeout(1000))).keys()].sort()).toEqual(['deployments shop/web', 'pods shop/web-1']);
  expect(asked.sort()).toEqual(['/api/v1', '/api/v1/pods', '/apis', '/apis/apps/v1', '/apis/apps/v1/deployments']);
});
