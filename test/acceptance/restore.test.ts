import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Kube, kube } from '#cluster/kube.ts';
import type { Captures, ClientCredentials, LabAccess, LabRef, LabSpec, StepEvent } from '#cluster/port.ts';
import { aLab, docker, provider } from './a-lab.ts';

const soon = (seconds = 60) => AbortSignal.timeout(seconds * 1000);

/** A set-up with all that a restored lab must bring back: data in a claim, a Service, a Secret, a finished job. */
const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
stringData: {door: ajar}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ledger, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: first-entry, namespace: shop}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: write
          image: harbour/redis:1.0
          command: [sh, -c, "echo first > /ledger/entries"]
          volumeMounts: [{name: ledger, mountPath: /ledger}]
      volumes: [{name: ledger, persistentVolumeClaim: {claimName: ledger}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: api
          image: harbour/api:1.0
          imagePullPolicy: Never
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;
const key = 'acceptance-1';
const slipway = provider();
let captures: Captures;
let original: LabSpec;
const restored: { spec: LabSpec; access: LabAccess; events: StepEvent[] }[] = [];

const like = (lab: string): LabSpec => ({ ...original, lab: `${original.lab}${lab}` });
const as = (spec: LabRef, credentials: ClientCredentials) =>
  kube({ connect: (signal) => provider().dial(spec, { kind: 'api', cluster: 'main' }, signal), credentials });
const one = (index: number) => restored[index] ?? expect.fail('the lab was not restored');
const admin = (index: number) => one(index).access.clusters[0]?.admin ?? expect.fail('the lab has no cluster');
async function asking<T>(client: Kube, ask: (client: Kube) => Promise<T>): Promise<T> {
  return await ask(client).finally(() => client.close());
}
const inNode = async (index: number, ...argv: string[]) =>
  await slipway.exec(one(index).spec, { kind: 'node', cluster: 'main', hostname: 'control-plane' }, argv, { signal: soon() });
const inToolbox = async (index: number, ...argv: string[]) =>
  (await slipway.exec(one(index).spec, { kind: 'toolbox' }, argv, { signal: soon() })).stdout;

beforeAll(async () => {
  captures = slipway.captures ?? expect.fail('this provider captures nothing');
  original = await aLab({
    images: ['harbour/api:1.0', 'harbour/redis:1.0'],
    cluster: { setup: [{ name: 'shop.yaml', yaml: shop }] },
  });
  await slipway.create(original, () => undefined, soon(240));
  await captures.take(original, key, soon(180));
});

afterAll(async () => {
  for (const { lab } of await slipway.find(original.instance, soon()))
    await slipway.remove({ instance: original.instance, lab }, soon(120));
  for (const capture of await captures.list(original.instance, soon())) await captures.remove(original.instance, capture.key, soon());
});

test('a capture uses its lab up and is no lab itself', async () => {
  expect(await slipway.find(original.instance, soon())).toEqual([]);
  const [capture, ...others] = await captures.list(original.instance, soon());
  expect(others).toEqual([]);
  expect(capture).toMatchObject({ key });
  expect(capture?.bytes).toBeGreaterThan(10_000_000);
});

test('what is not there is not restored, and nothing is left of the attempt', async () => {
  await expect(captures.restore('another', like('z'), () => undefined, soon())).rejects.toMatchObject({ code: 'no-capture' });
  expect(await slipway.find(original.instance, soon())).toEqual([]);
});

test('a restored lab is like a fresh one: nodes, pods, addresses, data, names, the learner’s shell', { timeout: 180_000 }, async () => {
  for (const lab of ['a', 'b']) {
    const spec = like(lab);
    const events: StepEvent[] = [];
    restored.push({ spec, access: await captures.restore(key, spec, (event) => events.push(event), soon(120)), events });
  }
  const began = one(0).events.filter(({ state }) => state === 'begin');
  expect(began.map(({ id }) => id).sort()).toEqual(
    captures
      .steps(original)
      .map(({ id }) => id)
      .sort(),
  );
  expect(await slipway.open(one(0).spec, soon())).toEqual(one(0).access);
  expect(await slipway.condition(one(0).spec, soon())).toBe('running');

  const shape = z.object({
    items: z.array(
      z.object({
        metadata: z.object({ name: z.string(), namespace: z.string() }),
        status: z.object({
          phase: z.string(),
          startTime: z.string(),
          podIP: z.string().optional(),
          containerStatuses: z.array(z.object({ restartCount: z.number(), ready: z.boolean() })),
        }),
      }),
    ),
  });
  const pods = shape.parse(
    (await asking(as(one(0).spec, admin(0)), (client) => client.get('/api/v1/namespaces/shop/pods', { signal: soon() }))).body,
  ).items;
  const web = pods.filter(({ metadata }) => metadata.name.startsWith('web-'));
  expect(web).toHaveLength(2);
  const [capture] = await captures.list(original.instance, soon());
  for (const { status } of web) {
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0, ready: true }] });
    expect(status.startTime > (capture?.createdAt.slice(0, 19) ?? '')).toBe(true);
  }
  expect(pods.filter(({ metadata }) => metadata.name.startsWith('first-entry-')).map(({ status }) => status.phase)).toEqual(['Succeeded']);

  const slices = await inToolbox(
    0,
    'kubectl',
    '-n',
    'shop',
    'get',
    'endpointslices',
    '-o',
    'jsonpath={.items[*].endpoints[*].addresses[0]}',
  );
  expect(slices.split(' ').sort()).toEqual(web.map(({ status }) => status.podIP).sort());
  const own = await inToolbox(0, 'kubectl', 'get', 'endpointslices', 'kubernetes', '-o', 'jsonpath={.endpoints[*].addresses[*]}');
  const node = await inToolbox(
    0,
    'kubectl',
    'get',
    'nodes',
    '-o',
    'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}',
  );
  expect(own).toBe(node);
  expect(await inToolbox(0, 'kubectl', 'get', 'nodes', '-o', 'name')).toBe('node/control-plane\n');
  const mount =
    '{"spec":{"containers":[{"name":"read","image":"harbour/redis:1.0","command":["cat","/ledger/entries"],"volumeMounts":[{"name":"l","mountPath":"/ledger"}]}],"volumes":[{"name":"l","persistentVolumeClaim":{"claimName":"ledger"}}],"restartPolicy":"Never"}}';
  const read = ['kubectl', '-n', 'shop', 'run', 'read', '--image=harbour/redis:1.0', '--restart=Never', `--overrides=${mount}`];
  await inToolbox(0, ...read);
  await inToolbox(0, 'kubectl', '-n', 'shop', 'wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/read', '--timeout=30s');
  expect(await inToolbox(0, 'kubectl', '-n', 'shop', 'logs', 'read')).toBe('first\n');
  const asked = await inToolbox(
    0,
    'kubectl',
    '-n',
    'shop',
    'exec',
    'deploy/web',
    '--',
    'wget',
    '-qO-',
    '-T',
    '5',
    'http://web.shop/healthz',
  );
  expect(asked).not.toBe('');
});

test('what one lab was given opens no other of the same capture', async () => {
  const here = as(one(1).spec, { ...admin(0), ca: admin(1).ca });
  expect((await asking(here, (client) => client.get('/api/v1/nodes', { signal: soon() }))).status).toBe(401);
  const fooled = as(one(1).spec, admin(0));
  await expect(asking(fooled, (client) => client.get('/api/v1/nodes', { signal: soon() }))).rejects.toMatchObject({ code: 'api' });
  const token = (await inNode(0, 'kubectl', '-n', 'shop', 'create', 'token', 'default')).stdout.trim();
  const review = (index: number) =>
    asking(as(one(index).spec, admin(index)), async (client) => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
      const answer = await client.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', body, { signal: soon() });
      return z.object({ status: z.object({ authenticated: z.boolean().default(false) }) }).parse(answer.body).status.authenticated;
    });
  expect(await review(0)).toBe(true);
  expect(await review(1)).toBe(false);
});

test('a cluster tells only of its own authority, good for more than a month', async () => {
  const ca = admin(0).ca;
  const bundle = await inNode(
    0,
    'kubectl',
    '-n',
    'kube-system',
    'get',
    'configmap',
    'extension-apiserver-authentication',
    '-o',
    'jsonpath={.data.client-ca-file}',
  );
  expect(bundle.stdout.trim()).toBe(ca.trim());
  const told = await inNode(0, 'kubectl', '-n', 'shop', 'get', 'configmap', 'kube-root-ca.crt', '-o', 'jsonpath={.data.ca\\.crt}');
  expect(told.stdout.trim()).toBe(ca.trim());
  const info = await inNode(0, 'kubectl', '-n', 'kube-public', 'get', 'configmap', 'cluster-info', '-o', 'jsonpath={.data.kubeconfig}');
  expect(info.stdout).toContain(Buffer.from(ca).toString('base64'));
  const days = new X509Certificate(admin(0).cert).validToDate.getTime() - Date.now();
  expect(days).toBeGreaterThan(30 * 24 * 3600_000);
  const requests = await inNode(0, 'kubectl', 'get', 'csr', '-o', 'name');
  expect(requests.stdout).toBe('');
});

test('labs outlive their capture, and at the end nothing is left', { timeout: 120_000 }, async () => {
  await captures.remove(original.instance, key, soon());
  expect(await captures.list(original.instance, soon())).toEqual([]);
  await inToolbox(1, 'kubectl', '-n', 'shop', 'scale', 'deployment/web', '--replicas=3');
  await inToolbox(1, 'kubectl', '-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=30s');
  for (const { spec } of restored) await slipway.remove(spec, soon());
  expect(await slipway.find(original.instance, soon())).toEqual([]);
  const filters = JSON.stringify({ label: [`slipway.instance=${original.instance}`] });
  expect((await docker.listVolumes({ filters })).Volumes ?? []).toEqual([]);
});
