import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { ClusterError } from '#cluster/port.ts';
import { http, kube } from '#grading';
import type { Observation } from '#grading/observation.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

const discovery = {
  resources: [
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'pods/log', kind: 'Pod', namespaced: true },
    { name: 'secrets', kind: 'Secret', namespaced: true },
    { name: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false },
  ],
};
const Named = z.object({ metadata: z.object({ name: z.string() }) });
const web = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: Named });
const webPath = '/api/v1/namespaces/shop/pods/web';

let lab: FakeLab;
let eye: Observer;
const signal = () => AbortSignal.timeout(5000);
const look = (observation: Observation) => eye.round(signal())(observation);

beforeEach(async () => {
  lab = await fakeLab();
  lab.objects.set('/api/v1', discovery);
  eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), deadline: 700, kube: lab.kube });
});
afterEach(async () => {
  await eye.close();
  await lab.close();
});

test('only the fields a grader names are kept', async () => {
  lab.objects.set(webPath, { metadata: { name: 'web', managedFields: [1] }, spec: { secret: 'x' } });
  expect(await look(web)).toEqual({ ok: true, value: { metadata: { name: 'web' } } });
});

test('an object, a kind or a group that is not there is a value', async () => {
  expect(await look(web)).toEqual({ ok: true, value: null });
  expect(await look(kube.list('example.org/v1', 'Ship', { fields: Named }))).toEqual({ ok: true, value: [] });
  expect(await look(kube.object('v1', 'Ship', 'a', { namespace: 'b', fields: Named }))).toEqual({ ok: true, value: null });
});

test('labels select, and a kind without namespaces is read without one', async () => {
  lab.objects.set('/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier%3Da', { items: [{ metadata: { name: 'one' } }] });
  lab.objects.set('/api/v1/persistentvolumes', { items: [{ metadata: { name: 'pv' } }] });
  const pods = kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'web', tier: 'a' }, fields: Named });
  expect(await look(pods)).toEqual({ ok: true, value: [{ metadata: { name: 'one' } }] });
  expect(await look(kube.list('v1', 'PersistentVolume', { namespace: 'shop', fields: Named }))).toMatchObject({ ok: true });
});

test('what two tasks ask alike is read once, each with its own fields', async () => {
  lab.objects.set(webPath, { metadata: { name: 'web', uid: 'u' } });
  const observe = eye.round(signal());
  const uid = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: z.object({ metadata: z.object({ uid: z.string() }) }) });
  const [a, b] = await Promise.all([observe(web), observe(uid)]);
  expect([a, b]).toEqual([
    { ok: true, value: { metadata: { name: 'web' } } },
    { ok: true, value: { metadata: { uid: 'u' } } },
  ]);
  expect(lab.asked.filter((path) => path === webPath)).toHaveLength(1);
});

test('a grader that is refused repairs its role once and looks again', async () => {
  lab.objects.set(webPath, 403);
  lab.onRepair = () => lab.objects.set(webPath, { metadata: { name: 'web' } });
  expect(await look(web)).toMatchObject({ ok: true });
  expect(lab.repairs).toBe(1);
});

test.each([403, 401, 500])('status %i that stays means we could not look', async (status) => {
  lab.objects.set(webPath, status);
  expect(await look(web)).toEqual({ ok: false, reason: `the API server answered ${status} to the grader: status ${status}` });
  expect(lab.repairs).toBe(status === 403 ? 1 : 0);
});

test('values of Secrets become keyed hashes: equal stays equal', async () => {
  const fields = z.object({ data: z.record(z.string(), z.string()) });
  lab.objects.set('/api/v1/namespaces/shop/secrets/db', { metadata: { name: 'db' }, data: { a: 'cGFzcw==', b: 'cGFzcw==', c: 'eA==' } });
  const seen = await look(kube.object('v1', 'Secret', 'db', { namespace: 'shop', fields }));
  const data = seen.ok ? fields.parse(seen.value).data : {};
  expect(data.a).toMatch(/^hmac:[0-9a-f]{32}$/);
  expect(data.a).toBe(data.b);
  expect(data.a).not.toBe(data.c);
});

const each = http.getEach('/bookings', {
  pods: { namespace: 'shop', labels: { app: 'web' } },
  port: 8080,
  timeout: 200,
  fields: z.object({ count: z.int() }),
});
const pod = (name: string, status: object) => ({ metadata: { name, uid: `uid-${name}` }, status });
const running = { phase: 'Running', podIP: '127.0.0.1' };

test('each running pod is asked, and what it does is a value', async () => {
  lab.objects.set('/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb', {
    items: ['good', 'silent', 'text', 'closed', 'huge'].map((name) => pod(name, running)).concat(pod('waiting', { phase: 'Pending' })),
  });
  lab.pods.set('good', (request, response) => response.end(JSON.stringify({ count: 3, host: request.headers.host, more: 1 })));
  lab.pods.set('silent', () => {});
  lab.pods.set('text', (_request, response) => response.writeHead(503).end('no'));
  lab.pods.set('huge', (_request, response) => response.end('x'.repeat(600_000)));
  expect(await look(each)).toEqual({
    ok: true,
    value: [
      { pod: 'good', uid: 'uid-good', status: 200, problem: null, body: { count: 3 } },
      { pod: 'silent', uid: 'uid-silent', status: null, problem: 'timeout', body: null },
      { pod: 'text', uid: 'uid-text', status: 503, problem: null, body: null },
      { pod: 'closed', uid: 'uid-closed', status: null, problem: 'refused', body: null },
      { pod: 'huge', uid: 'uid-huge', status: null, problem: 'broken', body: null },
    ],
  });
});

test('a pod that goes while it is asked is no longer there; one that stays and cannot be entered means we could not look', async () => {
  const list = '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb';
  lab.objects.set(list, { items: [pod('leaving', running)] });
  lab.provider.dial = () => Promise.reject(new ClusterError('engine', 'Could not enter the pod.'));
  expect(await look(each)).toEqual({ ok: true, value: [] });
  lab.objects.set('/api/v1/namespaces/shop/pods/leaving', pod('leaving', running));
  expect(await look(each)).toEqual({ ok: false, reason: 'Could not enter the pod.' });
  const { metadata, status } = pod('leaving', running);
  lab.objects.set('/api/v1/namespaces/shop/pods/leaving', { metadata: { ...metadata, deletionTimestamp: '2026-11-23T12:00:00Z' }, status });
  expect(await look(each)).toEqual({ ok: true, value: [] });
});

test('a way into the lab that is lost means we could not look', async () => {
  lab.provider.dial = () => Promise.reject(new Error('no engine'));
  lab.objects.set('/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb', { items: [pod('good', running)] });
  expect(await look(each)).toEqual({ ok: false, reason: 'no engine' });
});

test('an API server that hangs ends at our own deadline', async () => {
  lab.kube = () => ({ ...fakeHang, close: async () => {} });
  eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), deadline: 50, kube: lab.kube });
  expect(await look(web)).toEqual({ ok: false, reason: 'it took too long' });
});

const fakeHang = {
  get: (_path: string, { signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  send: () => Promise.reject(new Error('graders only read')),
  async *watch() {},
};
