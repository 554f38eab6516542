import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { ClusterError } from '#cluster/port.ts';
import { http, kube } from '#grading';
import type { Observation } from '#grading/observation.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { type FakeLab, fakeLab, hangs, podsPath, runningPod } from './fake-lab.ts';

const Named = z.object({ metadata: z.object({ name: z.string() }) });
const web = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: Named });
const webPath = '/api/v1/namespaces/shop/pods/web';

let lab: FakeLab;
let eye: Observer;
const signal = () => AbortSignal.timeout(5000);
const look = (observation: Observation) => eye.round(signal())(observation);

beforeEach(async () => {
  lab = await fakeLab();
  eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), deadline: 3000 });
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
  expect(lab.asked.filter((asked) => asked === `GET ${webPath}`)).toHaveLength(1);
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

test('each running pod is asked, and what it does is a value', async () => {
  for (const name of ['good', 'silent', 'text', 'closed', 'huge']) lab.cluster.put(podsPath, runningPod(name));
  lab.cluster.put(podsPath, runningPod('waiting', { status: { phase: 'Pending' } }));
  lab.cluster.put(podsPath, runningPod('other', { labels: { app: 'other' } }));
  lab.pods.set('good', (_request, response) => response.end(JSON.stringify({ count: 3, more: 1 })));
  lab.pods.set('silent', () => {});
  lab.pods.set('text', (_request, response) => response.writeHead(503).end('no'));
  lab.pods.set('huge', (_request, response) => response.end('x'.repeat(600_000)));
  const seen = await look(each);
  expect(seen.ok && [...z.array(z.looseObject({ pod: z.string() })).parse(seen.value)].sort((a, b) => (a.pod < b.pod ? -1 : 1))).toEqual([
    { pod: 'closed', uid: 'uid-closed', status: null, problem: 'refused', headers: {}, body: null },
    { pod: 'good', uid: 'uid-good', status: 200, problem: null, headers: {}, body: { count: 3 } },
    { pod: 'huge', uid: 'uid-huge', status: null, problem: 'broken', headers: {}, body: null },
    { pod: 'silent', uid: 'uid-silent', status: null, problem: 'timeout', headers: {}, body: null },
    { pod: 'text', uid: 'uid-text', status: 503, problem: null, headers: {}, body: null },
  ]);
});

test('a pod that goes while it is asked is no longer there; one that stays and cannot be entered means we could not look', async () => {
  const lost = () => Promise.reject(new ClusterError('engine', 'Could not enter the pod.'));
  lab.provider.probe = lost;
  lab.cluster.put(podsPath, runningPod('leaving'));
  expect(await look(each)).toEqual({ ok: false, reason: 'Could not enter the pod.' });
  lab.provider.probe = () => {
    lab.cluster.remove(podsPath, 'leaving');
    return lost();
  };
  expect(await look(each)).toEqual({ ok: true, value: [] });
});

test('a way into the lab that is lost means we could not look', async () => {
  lab.provider.probe = () => Promise.reject(new Error('no engine'));
  lab.cluster.put(podsPath, runningPod('good'));
  expect(await look(each)).toEqual({ ok: false, reason: 'no engine' });
});

test('what is asked in two ways in one round is read from the API server once', async () => {
  lab.cluster.put(podsPath, runningPod('good'));
  const observe = eye.round(signal());
  const pods = kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'web' }, fields: Named });
  await Promise.all([observe(pods), observe(each)]);
  expect(lab.asked.filter((asked) => asked.startsWith(`GET ${podsPath}`))).toHaveLength(1);
});

test('an API server that hangs ends at our own deadline', async () => {
  lab.objects.set(webPath, hangs);
  const hasty = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), deadline: 100 });
  expect(await hasty.round(signal())(web)).toEqual({ ok: false, reason: 'it took too long' });
  await hasty.close();
});
