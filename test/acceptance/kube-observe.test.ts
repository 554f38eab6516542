import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { kube as connect, type Kube } from '#cluster/kube.ts';
import type { LabSpec } from '#cluster/port.ts';
import { access, kube, policy, tcp } from '#grading';
import type { Observation } from '#grading/observation.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { aLab, provider } from './a-lab.ts';

const soon = (milliseconds = 60_000) => AbortSignal.timeout(milliseconds);
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const image = 'harbour/api:1.0';
const grader = 'slipway%3Agrader';

const pod = (namespace: string, name: string, spec: object = {}, container: object = {}) => ({
  metadata: { namespace, name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image, imagePullPolicy: 'Never', ports: [{ name: 'http', containerPort: 8080 }], ...container }],
    ...spec,
  },
});
const runs = (script: string) => ({ command: ['sh', '-c', script] });
/** Fails in its first run and stays in its second. */
const crashes = runs(
  'n=$(cat /turn/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > /turn/n; echo "run $n"; [ $n -ge 2 ] && exec sleep 3600; exit 1',
);

describe('what a grader reads from a cluster', () => {
  const slipway = provider();
  const notes: string[] = [];
  let spec: LabSpec;
  let admin: Kube;
  let eye: Observer;

  /** One look, as when Check is pressed. */
  const look = (observation: Observation) => eye.round(soon())(observation);
  async function send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<void> {
    const { status, body: said } = await admin.send(method, path, body, { signal: soon(), maxBytes: 64 * 1024 ** 2 });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(said).slice(0, 500)}`);
  }
  const make = (namespace: string, resource: string, object: object) => send('POST', `/api/v1/namespaces/${namespace}/${resource}`, object);

  beforeAll(async () => {
    spec = await aLab({ images: [image] });
    const lab = await slipway.create(spec, () => undefined, soon(300_000));
    const [cluster] = lab.clusters;
    if (!cluster) throw new Error('the lab has no cluster');
    admin = connect({ connect: (signal) => slipway.dial(spec, { kind: 'api', cluster: 'main' }, signal), credentials: cluster.admin });
    eye = observer({ provider: slipway, access: lab, secretKey: new Uint8Array(32), onRepair: (note) => notes.push(note) });

    for (const name of ['quay', 'dev']) await send('POST', '/api/v1/namespaces', { metadata: { name, labels: { team: name } } });
    const turn = { volumes: [{ name: 'turn', emptyDir: {} }] };
    await Promise.all(
      [
        pod('quay', 'web'),
        pod('quay', 'db'),
        pod('dev', 'web'),
        pod('quay', 'crashes', turn, { ...crashes, volumeMounts: [{ name: 'turn', mountPath: '/turn' }] }),
        pod('quay', 'floods', {}, runs('i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "$i $(printf %0200d 0)"; done; exec sleep 3600')),
        pod('quay', 'imageless', {}, { image: 'harbour/none:1.0' }),
        pod('quay', 'homeless', { nodeSelector: { nowhere: 'yes' } }),
      ].map((object) => make(object.metadata.namespace, 'pods', object)),
    );
    const wanted = ['crashes 1', 'db 0', 'floods 0', 'web 0', 'web 0'];
    await vi.waitFor(async () => expect(await running()).toEqual(wanted), { timeout: 120_000, interval: 500 });
  });

  async function running(): Promise<string[]> {
    const Pods = z.object({
      items: z.array(
        z.object({
          metadata: z.object({ name: z.string(), labels: z.looseObject({ app: z.string().optional() }).default({}) }),
          status: z.object({ containerStatuses: z.array(z.object({ ready: z.boolean(), restartCount: z.int() })).default([]) }),
        }),
      ),
    });
    const lists = await Promise.all(
      ['quay', 'dev'].map(async (name) => Pods.parse((await admin.get(`/api/v1/namespaces/${name}/pods`, { signal: soon() })).body)),
    );
    return lists
      .flatMap(({ items }) => items)
      .filter(({ status }) => status.containerStatuses.some(({ ready }) => ready))
      .map(({ metadata, status }) => `${metadata.name} ${status.containerStatuses[0]?.restartCount}`)
      .sort();
  }

  afterAll(async () => {
    await eye?.close();
    await admin?.close();
    if (spec) await slipway.remove(spec, soon(120_000));
  });

  it('answers paths as JSON or text, null where nothing is, and says when something is not allowed', async () => {
    expect(await look(kube.raw('/version', { fields: z.object({ gitVersion: z.string().startsWith('v1.') }) }))).toMatchObject({
      ok: true,
    });
    expect(await look(kube.raw('/readyz', { fields: z.string() }))).toEqual({ ok: true, value: 'ok' });
    expect(await look(kube.raw('/apis/metrics.k8s.io/v1beta1/nodes', { fields: z.object({}) }))).toEqual({ ok: true, value: null });
    expect(await look(kube.raw('/metrics', { fields: z.string() }))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('answered 403'),
    });
  });

  it('gives the end of logs, of a crashed container’s run before this one too, and null for what has not run', async () => {
    const logs = async (app: string, more: object = {}) => {
      const seen = await look(kube.logs({ namespace: 'quay', labels: { app } }, more));
      return z.array(z.object({ lines: z.array(z.string()).nullable() })).parse(seen.ok && seen.value)[0]?.lines;
    };
    expect(await logs('crashes')).toEqual(['run 2']);
    expect(await logs('crashes', { previous: true })).toEqual(['run 1']);
    expect(await logs('web', { previous: true })).toBeNull();
    expect(await logs('web', { container: 'none' })).toBeNull();
    expect(await logs('imageless')).toBeNull();
    expect(await logs('homeless')).toBeNull();
    expect((await logs('floods', { tail: 3 }))?.map((line) => Number.parseInt(line, 10))).toEqual([1998, 1999, 2000]);
    const flood = (await logs('floods', { tail: 2000 })) ?? [];
    expect(flood.at(-1)).toMatch(/^2000 /);
    expect(flood.length).toBeGreaterThan(100);
    expect(flood.join('\n').length).toBeLessThanOrEqual(64 * 1024);
  });

  const reader = { serviceAccount: 'reader', namespace: 'quay' };
  const rights = access.can(reader, {
    here: { verb: 'list', resource: 'pods', namespace: 'quay' },
    there: { verb: 'list', resource: 'pods', namespace: 'dev' },
    everywhere: { verb: 'list', resource: 'pods' },
    logs: { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'quay' },
    one: { verb: 'get', resource: 'secrets', namespace: 'quay', name: 'db' },
    other: { verb: 'get', resource: 'secrets', namespace: 'quay', name: 'web' },
    asGroup: { verb: 'get', resource: 'nodes' },
    path: { verb: 'get', path: '/version' },
  });

  it('asks what a service account may do, its groups counted', async () => {
    await make('quay', 'serviceaccounts', { metadata: { name: 'reader' } });
    const rules = [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['db'], verbs: ['get'] },
    ];
    await send('POST', `${rbac}/namespaces/quay/roles`, { metadata: { name: 'reader' }, rules });
    const subject = { kind: 'ServiceAccount', name: 'reader', namespace: 'quay' };
    await send('POST', `${rbac}/namespaces/quay/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [subject],
    });
    await send('POST', `${rbac}/clusterroles`, {
      metadata: { name: 'see-nodes' },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
    });
    await send('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'see-nodes' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'see-nodes' },
      subjects: [{ kind: 'Group', name: 'system:serviceaccounts:quay', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    const value = { here: true, there: false, everywhere: false, logs: false, one: true, other: false, asGroup: true, path: true };
    await expect.poll(() => look(rights), { timeout: 10_000 }).toEqual({ ok: true, value });
  });

  const web = { namespace: 'quay', labels: { app: 'web' } };
  const db = { namespace: 'quay', labels: { app: 'db' } };
  const stranger = { namespace: 'dev', labels: { app: 'web' } };
  const connections = {
    webToDb: { from: web, to: db, port: 'http' },
    strangerToDb: { from: stranger, to: db, port: 8080 },
    dbToWeb: { from: db, to: web, port: 8080 },
  };
  const everything = { podSelector: {} };
  const situations: { name: string; policies: readonly object[]; wanted: Record<keyof typeof connections, 'all' | 'none'> }[] = [
    { name: 'no policy', policies: [], wanted: { webToDb: 'all', strangerToDb: 'all', dbToWeb: 'all' } },
    {
      name: 'nothing in',
      policies: [{ ...everything, policyTypes: ['Ingress'] }],
      wanted: { webToDb: 'none', strangerToDb: 'none', dbToWeb: 'none' },
    },
    {
      name: 'only pods of one label, by a named port',
      policies: [
        {
          podSelector: { matchLabels: { app: 'db' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 'http' }] }],
        },
      ],
      wanted: { webToDb: 'all', strangerToDb: 'none', dbToWeb: 'all' },
    },
    {
      name: 'only pods of one label in namespaces of one team',
      policies: [
        {
          podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } }, namespaceSelector: { matchLabels: { team: 'dev' } } }] }],
        },
      ],
      wanted: { webToDb: 'none', strangerToDb: 'all', dbToWeb: 'all' },
    },
    {
      name: 'out by the wrong port only',
      policies: [
        { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [{ ports: [{ port: 9000, endPort: 9100 }] }] },
      ],
      wanted: { webToDb: 'none', strangerToDb: 'all', dbToWeb: 'all' },
    },
  ];

  /** What gets through, as packets sent from pod to pod find out. */
  async function tried(): Promise<Record<string, string>> {
    const addressOf = async ({ namespace, labels: { app } }: typeof web) => {
      const { body } = await admin.get(`/api/v1/namespaces/${namespace}/pods/${app}`, { signal: soon() });
      return z.object({ status: z.object({ podIP: z.string() }) }).parse(body).status.podIP;
    };
    const tries = Object.entries(connections).map(async ([name, { from, to }]) => {
      const seen = await look(tcp.connect(await addressOf(to), 8080, { from, timeout: 500 }));
      const { problem } = z.object({ problem: z.string().nullable() }).parse(seen.ok && seen.value);
      return [name, problem === null ? 'all' : 'none'];
    });
    return Object.fromEntries(await Promise.all(tries));
  }
  const policies = '/apis/networking.k8s.io/v1/namespaces/quay/networkpolicies';
  const apply = (specs: readonly object[]) =>
    Promise.all(specs.map((one, at) => send('POST', policies, { metadata: { name: `p${at}` }, spec: one })));
  let enforces = false;

  it('tries network policies where the cluster’s network enforces them', async () => {
    expect(await tried()).toEqual({ webToDb: 'all', strangerToDb: 'all', dbToWeb: 'all' });
    await apply([{ ...everything, policyTypes: ['Ingress'] }]);
    const stopped = async () => expect(Object.values(await tried())).toEqual(['none', 'none', 'none']);
    enforces = await vi.waitFor(stopped, { timeout: 5000, interval: 300 }).then(
      () => true,
      () => false,
    );
    if (!enforces) console.warn('skipped: agreement with packets, for the network of this cluster enforces no policies');
    await send('DELETE', policies);
  });

  it.each(situations)('evaluates network policies as packets find them: $name', async ({ policies: specs, wanted }) => {
    await apply(specs);
    const seen = await look(policy.allows(connections));
    const Seen = z.record(
      z.string(),
      z.object({ allowed: z.string() }).transform(({ allowed }) => allowed),
    );
    expect(Seen.parse(seen.ok && seen.value)).toEqual(wanted);
    if (enforces) await expect.poll(tried, { timeout: 30_000, interval: 300 }).toEqual(wanted);
    await send('DELETE', policies);
  });

  const Named = z.object({ metadata: z.object({ name: z.string() }) });
  const dbPod = kube.object('v1', 'Pod', 'db', { namespace: 'quay', fields: Named });
  const found = { ok: true, value: { metadata: { name: 'db' } } };

  it('reads on when a learner adds a kind called Pod', async () => {
    await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'pods.harbour.test' },
      spec: {
        group: 'harbour.test',
        scope: 'Namespaced',
        names: { plural: 'pods', singular: 'pod', kind: 'Pod' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    const fake = '/apis/harbour.test/v1/namespaces/quay/pods';
    await expect.poll(async () => (await admin.get(fake, { signal: soon() })).status, { timeout: 20_000 }).toBe(200);
    await send('POST', fake, { apiVersion: 'harbour.test/v1', kind: 'Pod', metadata: { name: 'fake', labels: { app: 'db' } } });
    const named = (apiVersion: string) => kube.list(apiVersion, 'Pod', { namespace: 'quay', labels: { app: 'db' }, fields: Named });
    expect(await look(named('v1'))).toEqual({ ok: true, value: [found.value] });
    notes.length = 0;
    expect(await look(named('harbour.test/v1'))).toEqual({ ok: true, value: [{ metadata: { name: 'fake' } }] });
    expect(notes).toEqual(['the grader was refused and its role was written again']);
  });

  it('reads every object of a list of 12 MB of annotations', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `heavy-${at}`);
    const annotations = { note: 'x'.repeat(200_000) };
    await Promise.all(names.map((name) => make('dev', 'configmaps', { metadata: { name, annotations, labels: { heavy: 'yes' } } })));
    const seen = await look(kube.list('v1', 'ConfigMap', { namespace: 'dev', labels: { heavy: 'yes' }, fields: Named }));
    expect(
      z
        .array(Named)
        .parse(seen.ok && seen.value)
        .map(({ metadata }) => metadata.name),
    ).toEqual(names.toSorted());
    await send('DELETE', '/api/v1/namespaces/dev/configmaps?labelSelector=heavy');
  });

  it('has its role written again, once, when a learner deleted all roles there are', async () => {
    const roles = [`${rbac}/clusterroles`, `${rbac}/clusterrolebindings`];
    const kept = await Promise.all(roles.map(async (path) => (await admin.get(path, { signal: soon() })).body));
    await Promise.all(roles.map((path) => send('DELETE', path)));
    await expect.poll(() => isRefused(), { timeout: 10_000 }).toBe(true);
    notes.length = 0;
    const round = eye.round(soon());
    const kinds = ['ConfigMap', 'Secret', 'Service', 'Endpoints', 'Event'].map((kind) =>
      kube.list('v1', kind, { namespace: 'quay', fields: Named }),
    );
    const seen = await Promise.all([dbPod, rights, ...kinds].map((one) => round(one)));
    expect(seen.map((one) => one.ok)).toEqual(seen.map(() => true));
    expect(notes).toEqual(['the grader was refused and its role was written again']);
    expect(await isRefused()).toBe(false);
    expect(await look(kube.list('batch/v1', 'Job', { namespace: 'quay', fields: Named }))).toEqual({ ok: true, value: [] });

    // The cluster cannot live without the others for long.
    const List = z.object({
      items: z.array(z.looseObject({ metadata: z.object({ name: z.string(), labels: z.looseObject({}).optional() }) })),
    });
    for (const [at, path] of roles.entries()) {
      const others = List.parse(kept[at]).items.filter(({ metadata }) => metadata.name !== 'slipway:grader');
      await Promise.all(others.map((role) => send('POST', path, role)));
    }
  });

  /** Whether the API server would refuse the grader a list of pods. */
  async function isRefused(): Promise<boolean> {
    const review = { spec: { user: 'slipway:grader', resourceAttributes: { verb: 'list', resource: 'pods' } } };
    const { body } = await admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review, { signal: soon() });
    return !z.object({ status: z.object({ allowed: z.boolean() }) }).parse(body).status.allowed;
  }

  it('reads as usual under a webhook that blocks everything; what asks for a write says that it could not', async () => {
    const everything_ = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'], scope: '*' }];
    const clientConfig = { service: { namespace: 'quay', name: 'nobody' } };
    const hook = {
      name: 'all.learner.test',
      rules: everything_,
      failurePolicy: 'Fail',
      timeoutSeconds: 1,
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig,
    };
    await send('POST', webhooks, { metadata: { name: 'all' }, webhooks: [hook] });
    const blocked = { ok: false, reason: expect.stringMatching(/failed calling webhook "all\.learner\.test".*"nobody" not found/) };
    await expect.poll(() => look(rights), { timeout: 15_000 }).toEqual(blocked);
    const reads = [
      dbPod,
      kube.raw('/version', { fields: z.looseObject({}) }),
      kube.logs({ namespace: 'quay', labels: { app: 'crashes' } }),
      policy.allows(connections),
    ];
    expect(await Promise.all(reads.map((one) => look(one)))).toEqual(reads.map(() => expect.objectContaining({ ok: true })));

    // Roles can still be deleted by who removed the webhook for a moment: then nothing can be mended, and that is the reason.
    await send('DELETE', `${webhooks}/all`);
    await expect.poll(async () => (await look(rights)).ok, { timeout: 15_000 }).toBe(true);
    await send('DELETE', `${rbac}/clusterrolebindings/${grader}`);
    await send('POST', webhooks, { metadata: { name: 'all' }, webhooks: [hook] });
    await expect
      .poll(() => look(dbPod), { timeout: 20_000, interval: 500 })
      .toEqual({ ok: false, reason: expect.stringMatching(/answered 403 .*its role could not be repaired: .*refused/) });
    await send('DELETE', `${webhooks}/all`);
    await expect.poll(() => look(dbPod), { timeout: 40_000, interval: 500 }).toEqual(found);
  });

  it('could not look while the API server hangs, and sees again when it does not', async () => {
    const plane = { kind: 'node' as const, cluster: 'main', hostname: 'control-plane' };
    const signalTo = async (name: string) => {
      const { code } = await slipway.exec(spec, plane, ['sh', '-c', `kill -${name} $(pidof kube-apiserver)`], { signal: soon() });
      expect(code).toBe(0);
    };
    await signalTo('STOP');
    expect(await look(dbPod)).toEqual({ ok: false, reason: 'it took too long' });
    await signalTo('CONT');
    await expect.poll(() => look(dbPod), { timeout: 60_000, interval: 1000 }).toEqual(found);
  });
});
