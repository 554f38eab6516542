import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Kube, kube } from '#cluster/kube.ts';
import type { LabAccess, LabSpec } from '#cluster/port.ts';
import { trial } from '#grading';
import { trialName } from '#grading/grader.ts';
import { gradeLab } from '#runtime/grade/grade-lab.ts';
import { type Watching, watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { type Trier, trier, undoLeftTrials } from '#runtime/trial/trier.ts';
import { openStore } from '#store/open.ts';
import type { Store } from '#store/port.ts';
import { aLab, provider } from './a-lab.ts';
import { graded, never, tasks } from './trial-graders.ts';

const setup = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: guarded}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: api
          image: "harbour/api:1.0"
          imagePullPolicy: Never
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: logbook, namespace: shop}
spec:
  selector: {matchLabels: {app: logbook}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: logbook}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: api
          image: "harbour/api:1.0"
          imagePullPolicy: Never
          env: [{name: HARBOUR_BOOKINGS_FILE, value: /data/bookings.json}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /data}]
      securityContext: {runAsUser: 0}
      volumes: [{name: data, hostPath: {path: /var/lib/logbook, type: DirectoryOrCreate}}]
---
apiVersion: v1
kind: Service
metadata: {name: logbook, namespace: shop}
spec: {type: NodePort, selector: {app: logbook}, ports: [{port: 8080, nodePort: 30080}]}
`;

const rules = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'delete'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'delete'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
];

const slipway = provider();
const soon = (milliseconds = 60_000) => AbortSignal.timeout(milliseconds);
let spec: LabSpec;
let access: LabAccess;
let admin: Kube;
let eye: Observer;
let hands: Trier;
let watching: Watching;
let folder: string;
let store: Store;
let session: { id: string; epoch: number };
const problems: unknown[] = [];

beforeAll(async () => {
  spec = await aLab({
    images: ['harbour/api:1.0'],
    proberRules: rules,
    cluster: { setup: [{ name: 'shop.yaml', yaml: setup }] },
  });
  access = await slipway.create(spec, () => {}, soon(240_000));
  const cluster = access.clusters[0];
  if (!cluster) throw new Error('the lab has no cluster');
  admin = kube({ connect: (signal) => slipway.dial(spec, { kind: 'api', cluster: 'main' }, signal), credentials: cluster.admin });
  folder = await mkdtemp(join(tmpdir(), 'slipway-trials-'));
  store = await openStore({ folder });
  const person = await store.people.create({ name: 'Learner', roles: ['learner'] });
  session = { id: (await store.sessions.begin({ person: person.id, lab: 'trials', labVersion: 'v' })).session.id, epoch: 1 };
  eye = observer({ provider: slipway, access, secretKey: new Uint8Array(32) });
  hands = trier({ provider: slipway, access, observer: eye, journal: store.journal, session });
  watching = watchWitnesses({
    observer: eye,
    journal: store.journal,
    session,
    tasks: [graded('kept'), graded('smooth')],
    onError: (error) => problems.push(error),
  });
});

afterAll(async () => {
  await watching?.close();
  await hands?.close();
  await eye?.close();
  await admin?.close();
  await store?.close();
  if (folder) await rm(folder, { recursive: true });
  if (spec) await slipway.remove(spec, soon());
  expect(problems).toEqual([]);
});

async function check(id: string, { trials = true } = {}) {
  const task = graded(id);
  const [one] = await gradeLab({
    observer: eye,
    journal: store.journal,
    session,
    tasks: [task],
    disturbing: tasks,
    settling: new Map(),
    ...(Object.keys(task.witness).length > 0 ? { witness: watching.look } : {}),
    ...(trials ? { trier: hands } : {}),
    signal: soon(180_000),
  });
  if (!one) throw new Error('nothing was judged');
  if (one.passed) await store.journal.append(session.id, session.epoch, one.passed);
  return { ...one.verdict, code: one.verdict.findings[0]?.code, trials: one.evidence.trials };
}

async function reaches(id: string, status: string) {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const verdict = await check(id, { trials: false });
    if (verdict.status === status || performance.now() > deadline) return verdict;
    await delay(300);
  }
}

const toolbox = (script: string) => slipway.exec(spec, { kind: 'toolbox' }, ['sh', '-c', script], { signal: soon() });
const web = '/apis/apps/v1/namespaces/shop/deployments/web';
const Replicas = z.object({ spec: z.object({ replicas: z.int() }), status: z.object({ readyReplicas: z.int().default(0) }) });
const replicas = async () => Replicas.parse((await admin.get(web, { signal: soon() })).body);
const patch = (path: string, body: object) =>
  admin.send('PATCH', path, body, { signal: soon(), contentType: 'application/merge-patch+json' });

it('a booking that one pod made and the next one still has passes by its journal, and stays passed', async () => {
  expect(await check('kept')).toMatchObject({ status: 'wrong', code: 'entry.lost' });
  const made = await toolbox(
    `curl -sSf --retry 20 --retry-delay 1 --retry-all-errors -X POST -d '{"ship":"Ariel","berth":3}' http://control-plane:30080/bookings`,
  );
  expect(made.stderr + made.stdout).toContain('Ariel');
  expect(await check('kept')).toMatchObject({ status: 'wrong', code: 'entry.lost' });
  await toolbox('kubectl -n shop delete pod -l app=logbook');
  expect(await reaches('kept', 'passed')).toMatchObject({ status: 'passed' });
  await toolbox('kubectl -n shop delete deployment logbook');
  expect(await check('kept')).toMatchObject({ status: 'passed' });
});

it('a rollout that always had a ready pod passes', async () => {
  expect(await reaches('repaired', 'not-yet')).toMatchObject({ code: 'trial.waiting' });
  expect(await check('smooth')).toMatchObject({ status: 'wrong', code: 'rollout.none' });
  await toolbox('kubectl -n shop rollout restart deployment web && kubectl -n shop rollout status deployment web');
  expect(await reaches('smooth', 'passed')).toMatchObject({ status: 'passed' });
});

it('a trial asks whether a pod would be let in, and leaves nothing', async () => {
  expect(await check('guarded')).toMatchObject({ status: 'wrong', code: 'guard.open' });
  await toolbox('kubectl label namespace guarded pod-security.kubernetes.io/enforce=restricted');
  const passed = await check('guarded');
  expect(passed).toMatchObject({ status: 'passed', trials: { good: { ok: true, value: { accepted: true } } } });
  expect(JSON.stringify(passed.trials)).toContain('violates PodSecurity');
  const { body } = await admin.get('/api/v1/namespaces/guarded/pods', { signal: soon() });
  expect(z.object({ items: z.array(z.json()) }).parse(body).items).toEqual([]);
});

it('without a press of Check no trial is made', async () => {
  expect(await check('guarded', { trials: false })).toMatchObject({ status: 'not-yet', code: 'trial.waiting', trials: null });
});

it('a webhook that refuses everything, or a prober without its role, means that we could not try', async () => {
  const hook = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'all' },
    webhooks: [
      {
        name: 'all.example.org',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 2,
        clientConfig: { service: { namespace: 'shop', name: 'nobody' } },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
      },
    ],
  };
  const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  expect((await admin.send('POST', hooks, hook, { signal: soon() })).status).toBe(201);
  try {
    await expect.poll(() => check('guarded'), { timeout: 20_000 }).toMatchObject({ status: 'cannot-check', code: 'trial.failed' });
    const before = await replicas();
    const verdict = await check('scaled');
    expect(verdict).toMatchObject({ status: 'cannot-check' });
    expect(verdict.findings[0]?.seen).toContain('failed calling webhook');
    expect(await replicas()).toEqual(before);
  } finally {
    await admin.send('DELETE', `${hooks}/all`, undefined, { signal: soon() });
  }
  await expect.poll(() => check('guarded'), { timeout: 20_000 }).toMatchObject({ status: 'passed' });
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
  const { body } = await admin.get(`${bindings}/slipway:prober`, { signal: soon() });
  await admin.send('DELETE', `${bindings}/slipway:prober`, undefined, { signal: soon() });
  try {
    await expect.poll(() => check('guarded'), { timeout: 20_000 }).toMatchObject({ status: 'cannot-check' });
    const rightful = trier({ provider: slipway, access, observer: eye, journal: store.journal, session, rules });
    await expect.poll(() => rightful.tryTask(graded('guarded'), soon())).toMatchObject({ good: { ok: true, value: { accepted: true } } });
    await rightful.close();
    await admin.send('DELETE', `${bindings}/slipway:prober`, undefined, { signal: soon() });
  } finally {
    const { metadata, ...rest } = z.looseObject({ metadata: z.looseObject({}) }).parse(body);
    const again = { ...rest, metadata: { name: 'slipway:prober' } };
    expect(metadata).toBeDefined();
    expect((await admin.send('POST', bindings, again, { signal: soon() })).status).toBe(201);
  }
  await expect.poll(() => check('guarded'), { timeout: 20_000 }).toMatchObject({ status: 'passed' });
});

it('a lost pod is replaced while we look', async () => {
  expect(await check('repaired')).toMatchObject({ status: 'passed', trials: { loss: { value: { held: true } } } });
  expect(await reaches('repaired', 'not-yet')).toMatchObject({ code: 'trial.waiting' });
  expect(await check('repaired')).toMatchObject({ status: 'passed' });
});

it('what a trial patched is as it was, and what it did in between is not the learner’s', async () => {
  expect(await check('smooth')).toMatchObject({ status: 'passed', findings: [] });
  const { spec } = await replicas();
  expect(spec.replicas).toBe(2);
  expect(await check('scaled')).toMatchObject({
    status: 'passed',
    trials: { none: { value: { held: true, before: { spec: { replicas: 2 } } } } },
  });
  expect(await replicas()).toEqual({ spec: { replicas: 2 }, status: { readyReplicas: 2 } });
  expect(await check('smooth')).toMatchObject({ status: 'passed', findings: [] });
});

it('what a trial made is taken away, and an object of the learner’s by the same name is not', async () => {
  const note = '/api/v1/namespaces/shop/configmaps/note';
  expect(await check('made')).toMatchObject({ status: 'passed', trials: { note: { value: { accepted: true, held: true } } } });
  expect((await admin.get(note, { signal: soon() })).status).toBe(404);
  await toolbox('kubectl -n shop create configmap note --from-literal=by=me');
  const { body } = await admin.get(note, { signal: soon() });
  expect(await check('made')).toMatchObject({ status: 'wrong', trials: { note: { value: { accepted: false, status: 409 } } } });
  expect((await admin.get(note, { signal: soon() })).body).toEqual(body);

  const gone = trial.dryRun({ verb: 'delete', target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'note', namespace: 'shop' } });
  const dry = { ...graded('made'), trial: { observe: { gone }, expect: z.object({}) } };
  expect(await hands.tryTask(dry, soon())).toMatchObject({ gone: { ok: true, value: { accepted: true } } });
  expect((await admin.get(note, { signal: soon() })).body).toEqual(body);
});

it('a trial whose server was killed in the middle is taken back when the next one looks, once', async () => {
  const program = join(import.meta.dirname, 'programs', 'try-for-ever.ts');
  const ref = JSON.stringify({ instance: spec.instance, lab: spec.lab, epoch: spec.epoch });
  const server = spawn(process.execPath, [program, folder, session.id, ref], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    await expect.poll(async () => (await replicas()).spec.replicas, { timeout: 60_000 }).toBe(0);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
  expect((await replicas()).spec.replicas).toBe(0);
  const states = async () =>
    (await store.journal.list(session.id, 1, [trialName(never.id)])).map(({ value }) => z.object({ state: z.string() }).parse(value).state);
  expect(await states()).toEqual(['begun']);

  const left = { provider: slipway, access, observer: eye, journal: store.journal, session };
  expect(await undoLeftTrials(left, [never], soon())).toEqual({ done: 1, left: 0 });
  expect((await replicas()).spec.replicas).toBe(2);
  expect(await states()).toEqual(['begun', 'undone']);

  await patch(web, { spec: { replicas: 1 } });
  expect(await undoLeftTrials(left, [never], soon())).toEqual({ done: 0, left: 0 });
  expect((await replicas()).spec.replicas).toBe(1);
});

it('an update that takes every pod away at once does not pass', async () => {
  const fresh = { id: session.id, epoch: 2 };
  const second = watchWitnesses({
    observer: eye,
    journal: store.journal,
    session: fresh,
    tasks: [graded('smooth')],
    onError: (error) => problems.push(error),
  });
  const judge = async () => {
    const [one] = await gradeLab({
      observer: eye,
      journal: store.journal,
      session: fresh,
      tasks: [graded('smooth')],
      settling: new Map(),
      witness: second.look,
      signal: soon(),
    });
    return one?.verdict;
  };
  try {
    await toolbox('kubectl -n shop scale deployment web --replicas 2 && kubectl -n shop rollout status deployment web');
    await expect.poll(judge, { timeout: 20_000 }).toMatchObject({ findings: [{ code: 'rollout.none' }] });
    await toolbox('kubectl -n shop delete pod -l app=web && kubectl -n shop rollout status deployment web');
    await expect.poll(judge, { timeout: 30_000 }).toMatchObject({ status: 'wrong', findings: [{ code: 'rollout.dropped' }] });
  } finally {
    await second.close();
  }
});
