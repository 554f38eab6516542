import { afterEach, beforeEach, expect, test } from 'vitest';
import { policy } from '#grading';
import { discovery, type FakeCluster, fakeCluster } from './cluster.ts';

let cluster: FakeCluster;
let objects: Record<string, unknown>;
beforeEach(async () => {
  cluster = await fakeCluster();
  objects = {
    ...discovery,
    '/api/v1/namespaces': { items: [{ metadata: { name: 'shop' } }, { metadata: { name: 'dev', labels: { team: 'dev' } } }] },
  };
  cluster.answer = ({ url }) =>
    objects[`${url.pathname}${url.search}`] ?? (url.pathname.includes('/namespaces/') ? { items: [] } : undefined);
});
afterEach(() => cluster.close());

const end = (namespace: string, app: string) => ({ namespace, labels: { app } });
const podsAt = (namespace: string, app: string, names: readonly string[]) => {
  const items = names.map((name) => ({
    metadata: { name, namespace, uid: `${namespace}-${name}`, labels: { app } },
    spec: { nodeName: 'worker', containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP: '10.244.0.7', hostIP: '172.18.0.2' },
  }));
  objects[`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`] = { items };
};
const onlyTeam = (team: string) => ({
  items: [
    {
      metadata: { name: `only-${team}`, namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { team } } }] }] },
    },
  ],
});

test('connections are judged over the objects that decide on them', async () => {
  podsAt('shop', 'web', ['web-1', 'web-2']);
  podsAt('dev', 'job', ['job']);
  objects['/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies'] = onlyTeam('dev');
  const seen = await cluster.look(
    policy.allows({
      fromDev: { from: end('dev', 'job'), to: end('shop', 'web'), port: 'http' },
      among: { from: end('shop', 'web'), to: end('shop', 'web'), port: 8080 },
      out: { from: end('shop', 'web'), to: { ip: '1.1.1.1' }, port: 443 },
      nobody: { from: end('shop', 'nobody'), to: end('shop', 'web'), port: 80 },
    }),
  );
  expect(seen).toEqual({
    ok: true,
    value: {
      fromDev: { allowed: 'all', by: ['shop/only-dev'], stoppedBy: [] },
      among: { allowed: 'none', by: [], stoppedBy: ['shop/only-dev'] },
      out: { allowed: 'all', by: [], stoppedBy: [] },
      nobody: { allowed: 'no-pods', by: [], stoppedBy: [] },
    },
  });
  expect(cluster.server.calls.some((call) => call.endsWith('/api/v1/pods'))).toBe(false);
});

test('a part that could not be read means we could not look', async () => {
  podsAt('shop', 'web', ['web']);
  objects['/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies'] = { status: 500 };
  expect(await cluster.look(policy.allows({ out: { from: end('shop', 'web'), to: { ip: '1.1.1.1' }, port: 443 } }))).toEqual({
    ok: false,
    reason: 'the API server answered 500 to the grader: status 500',
  });
});

test('thousands of pairs are not evaluated, and an address has no named ports', async () => {
  podsAt(
    'shop',
    'web',
    Array.from({ length: 60 }, (_, at) => `web-${at}`),
  );
  expect(await cluster.look(policy.allows({ all: { from: end('shop', 'web'), to: end('shop', 'web'), port: 80 } }))).toMatchObject({
    ok: false,
    reason: 'connection all is about 3600 pairs of pods, more than are evaluated (2500)',
  });
  expect(await cluster.look(policy.allows({ out: { from: end('shop', 'web'), to: { ip: '1.1.1.1' }, port: 'http' } }))).toMatchObject({
    ok: false,
    reason: 'connection out names a port of an address',
  });
});
