import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Kube, kube } from '#cluster/kube.ts';
import type { ClientCredentials, DialTarget, LabAccess, LabSpec, StepEvent } from '#cluster/port.ts';
import { aLab, docker, imageOf, provider } from './a-lab.ts';

const sh = promisify(execFile);
const soon = (milliseconds = 60_000) => AbortSignal.timeout(milliseconds);
const hasKind = await sh('kind', ['version']).then(
  () => true,
  () => false,
);

const harbour = `
apiVersion: v1
kind: Namespace
metadata: {name: quay}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: quay}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: api, image: "harbour/api:1.0", imagePullPolicy: Never}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: quay}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`;

if (!hasKind) console.warn('skipped: interop with the kind CLI, which is not installed (Debian: apt-get install kind)');

describe('a lab of one node', () => {
  const slipway = provider();
  let spec: LabSpec;
  let access: LabAccess;
  let admin: Kube;
  const events: StepEvent[] = [];

  const kubeAs = (credentials: ClientCredentials) =>
    kube({ connect: (signal) => provider().dial(spec, { kind: 'api', cluster: 'main' }, signal), credentials });
  const plane = () => access.nodes[0]?.container ?? '';

  beforeAll(async () => {
    spec = await aLab({
      images: ['harbour/api:1.0'],
      containers: [{ name: 'pier', image: await imageOf('harbour/api:1.0'), env: { GREETING: 'ahoy' } }],
      proberRules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] }],
      cluster: { setup: [{ name: 'harbour.yaml', yaml: harbour }] },
    });
    access = await slipway.create(spec, (event) => events.push(event), soon(180_000));
    const cluster = access.clusters[0];
    if (!cluster) throw new Error('the lab has no cluster');
    admin = kubeAs(cluster.admin);
  });

  afterAll(async () => {
    await admin?.close();
    if (spec) await slipway.remove(spec, soon());
  });

  it('tells its steps as they begin and end, those and no others', () => {
    const ids = slipway.steps(spec).map((step) => step.id);
    expect(
      events
        .filter((event) => event.state === 'begin')
        .map((event) => event.id)
        .sort(),
    ).toEqual([...ids].sort());
    expect(
      events
        .filter((event) => event.state === 'end')
        .map((event) => event.id)
        .sort(),
    ).toEqual([...ids].sort());
  });

  it('names its nodes for people: control-plane', async () => {
    const { status, body } = await admin.get('/api/v1/nodes', { signal: soon() });
    expect(status).toBe(200);
    expect(z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) }).parse(body).items[0]?.metadata.name).toBe(
      'control-plane',
    );
  });

  it('gives learner, grader and prober their rights and no more', async () => {
    const may = async (user: string, groups: string[], attributes: object) => {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, resourceAttributes: attributes },
      };
      const { body } = await admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review, { signal: soon() });
      return z.object({ status: z.object({ allowed: z.boolean() }) }).parse(body).status.allowed;
    };
    const learner = (attributes: object) => may('learner', ['slipway:learners'], attributes);
    const grader = (attributes: object) => may('slipway:grader', [], attributes);
    const prober = (attributes: object) => may('slipway:prober', [], attributes);
    const pods = { resource: 'pods', namespace: 'quay' };
    const table: [string, Promise<boolean>, boolean][] = [
      ['learner may delete nodes', learner({ verb: 'delete', resource: 'nodes' }), true],
      ['learner may exec', learner({ ...pods, verb: 'create', subresource: 'exec' }), true],
      ['grader may list pods', grader({ ...pods, verb: 'list' }), true],
      ['grader may read logs', grader({ ...pods, verb: 'get', subresource: 'log' }), true],
      ['grader may watch deployments', grader({ verb: 'watch', group: 'apps', resource: 'deployments' }), true],
      ['grader may read storage classes', grader({ verb: 'get', group: 'storage.k8s.io', resource: 'storageclasses' }), true],
      ['grader may ask for rights', grader({ verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }), true],
      ['grader may not exec', grader({ ...pods, verb: 'create', subresource: 'exec' }), false],
      ['grader may not exec by GET', grader({ ...pods, verb: 'get', subresource: 'exec' }), false],
      ['grader may not attach', grader({ ...pods, verb: 'get', subresource: 'attach' }), false],
      ['grader may not forward ports', grader({ ...pods, verb: 'get', subresource: 'portforward' }), false],
      ['grader may not use the node proxy', grader({ verb: 'get', resource: 'nodes', subresource: 'proxy' }), false],
      [
        'grader may not use the service proxy',
        grader({ verb: 'get', resource: 'services', subresource: 'proxy', namespace: 'quay' }),
        false,
      ],
      ['grader may not delete pods', grader({ ...pods, verb: 'delete' }), false],
      ['grader may not scale', grader({ verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' }), false],
      ['prober may do what the lab declares', prober({ verb: 'patch', group: 'apps', resource: 'deployments' }), true],
      ['prober may not read pods', prober({ ...pods, verb: 'list' }), false],
    ];
    const seen = await Promise.all(table.map(async ([name, answer]) => [name, await answer]));
    expect(seen).toEqual(table.map(([name, , wanted]) => [name, wanted]));
  });

  it('lets the grader read what a new API group serves, once its role is repaired', async () => {
    const grader = kubeAs(access.clusters[0]?.grader ?? access.clusters[0]?.admin ?? { ca: '', cert: '', key: '' });
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.harbour.test' },
      spec: {
        group: 'harbour.test',
        scope: 'Namespaced',
        names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    await admin.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition, { signal: soon() });
    await expect
      .poll(async () => (await admin.get('/apis/harbour.test/v1/boats', { signal: soon() })).status, { timeout: 20_000 })
      .toBe(200);
    expect((await grader.get('/apis/harbour.test/v1/boats', { signal: soon() })).status).toBe(403);
    await slipway.repairGraderRole(spec, 'main', soon());
    expect((await grader.get('/apis/harbour.test/v1/boats', { signal: soon() })).status).toBe(200);
    await grader.close();
  });

  it('shows a change to whoever watches', async () => {
    const stop = new AbortController();
    const watching = admin.watch('/api/v1/namespaces/quay/configmaps', { signal: stop.signal });
    const seen: string[] = [];
    await admin.send(
      'POST',
      '/api/v1/namespaces/quay/configmaps',
      { metadata: { name: 'tide' }, data: { high: '12:00' } },
      { signal: soon() },
    );
    for await (const event of watching) {
      seen.push(z.object({ object: z.object({ metadata: z.object({ name: z.string() }) }) }).parse(event).object.metadata.name);
      if (seen.includes('tide')) stop.abort();
    }
    expect(seen).toContain('tide');
  });

  it('is reached at a host of its network', async () => {
    expect(await healthz({ kind: 'network', host: 'pier', port: 8080 })).toBe(200);
    const code = (host: string, port: number) =>
      slipway.dial(spec, { kind: 'network', host, port }, soon()).then(
        () => 'connected',
        (error: { code: string }) => error.code,
      );
    expect(await code('pier', 9)).toBe('refused');
    expect(await code('nowhere', 80)).toBe('no-name');
  });

  it('refuses strangers at the gateway', async () => {
    const info = await docker.getContainer(`slipway-${spec.lab}-gateway`).inspect();
    const port = Number(info.NetworkSettings.Ports['7000/tcp']?.[0]?.HostPort);
    expect(info.NetworkSettings.Ports['7000/tcp']?.[0]?.HostIp).toBe('127.0.0.1');
    const { connect } = await import('node:net');
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('guess dial control-plane 6443 1000\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('close', () => resolve(text)).on('error', reject);
    });
    expect(said).toMatch(/^ERR denied/);
  });

  it('puts a kubeconfig into an unprivileged toolbox', async () => {
    const inside = (script: string) => slipway.exec(spec, { kind: 'toolbox' }, ['sh', '-c', script], { signal: soon() });
    expect((await inside('id -u; stat -c %a ~/.kube/config')).stdout).toBe('1000\n600\n');
    expect((await inside('touch /usr/bin/x')).code).not.toBe(0);
    expect((await inside('grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status')).stdout.replaceAll('\t', ' ')).toBe(
      'CapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\n',
    );
    expect((await inside('kubectl config current-context && kubectl auth whoami -o jsonpath={.status.userInfo.username}')).stdout).toBe(
      'main\nlearner',
    );
  });

  it('carries bytes both ways and tells a command’s end', async () => {
    const attached = await slipway.attach(spec, ['sh', '-c', 'head -c 5; echo oops >&2; exit 3'], soon());
    attached.stream.end('ahoy, sailor');
    expect(await text(attached.stream)).toBe('ahoy,');
    expect(await attached.ended).toEqual({ code: 3, stderr: 'oops\n' });
  });

  it('cuts a flood of output', async () => {
    const { stdout } = await slipway.exec(spec, { kind: 'toolbox' }, ['head', '-c', '3000000', '/dev/zero'], {
      signal: soon(),
      maxBytes: 1000,
    });
    expect(stdout.length).toBe(1000);
  });

  it('is opened again by a server that knows nothing', async () => {
    const again = await provider().open({ instance: spec.instance, lab: spec.lab, epoch: 1 }, soon());
    expect(again).toEqual(access);
    expect(await provider().open({ instance: spec.instance, lab: spec.lab, epoch: 2 }, soon())).toBeNull();
  });

  it('is made once when it is asked for twice', async () => {
    const before = (await docker.getContainer(plane()).inspect()).Id;
    expect(await provider().create(spec, () => undefined, soon(120_000))).toEqual(access);
    expect((await docker.getContainer(plane()).inspect()).Id).toBe(before);
  });

  it.runIf(hasKind)('is a cluster of the stock kind CLI: listed, exported, loaded into and deleted', async () => {
    const name = `slipway-${spec.lab}`;
    const folder = await mkdtemp(join(tmpdir(), 'slipway-kind-'));
    const env = { ...process.env, KUBECONFIG: join(folder, 'config') };
    const kind = async (...argv: string[]) => (await sh('kind', argv, { env })).stdout;
    expect((await kind('get', 'clusters')).split('\n')).toContain(name);
    const kubeconfig = await kind('get', 'kubeconfig', '--name', name);
    expect(kubeconfig).toMatch(/server: https:\/\/127\.0\.0\.1:\d+/);
    const nodes = await docker.getContainer(plane()).inspect();
    expect(kubeconfig).toContain(String(nodes.NetworkSettings.Ports['6443/tcp']?.[0]?.HostPort));
    await kind('load', 'docker-image', await imageOf('harbour/api:1.1'), '--name', name);
    const loaded = await slipway.exec(
      spec,
      { kind: 'node', cluster: 'main', hostname: 'control-plane' },
      ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q'],
      { signal: soon() },
    );
    expect(loaded.stdout).toContain('docker.io/harbour/api:1.1');
    await kind('delete', 'cluster', '--name', name);
    expect(await slipway.open(spec, soon())).toBeNull();
    await rm(folder, { recursive: true });
  });

  it('leaves nothing behind when it is removed, twice', async () => {
    await slipway.remove(spec, soon());
    await slipway.remove(spec, soon());
    expect(await slipway.find(spec.instance, soon())).toEqual([]);
    expect((await docker.listVolumes({ filters: JSON.stringify({ name: [`slipway-${spec.lab}`] }) })).Volumes ?? []).toEqual([]);
  });

  async function healthz(target: Extract<DialTarget, { kind: 'network' }>): Promise<number> {
    const stream = await slipway.dial(spec, target, soon());
    return await new Promise<number>((resolve, reject) => {
      const call = request({ createConnection: () => stream, host: target.host, path: '/healthz', headers: { connection: 'close' } });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
        stream.destroy();
      });
      call.on('error', reject).end();
    });
  }
});

describe('the node image', () => {
  it.runIf(hasKind)('makes a ready cluster under the stock kind CLI', async () => {
    const name = `test-${randomBytes(3).toString('hex')}`;
    const folder = await mkdtemp(join(tmpdir(), 'slipway-kind-'));
    const config = join(folder, 'kind.yaml');
    const patch = 'kind: KubeletConfiguration\n  apiVersion: kubelet.config.k8s.io/v1beta1\n  failCgroupV1: false';
    await writeFile(config, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n- |\n  ${patch}\n`);
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), KIND_EXPERIMENTAL_DOCKER_NETWORK: name };
    try {
      await sh('kind', ['create', 'cluster', '--name', name, '--image', await imageOf('node'), '--config', config, '--wait', '4m'], {
        env,
      });
      const ready = ['kubectl', 'get', 'nodes', '-o', 'jsonpath={.items[0].status.conditions[?(@.type=="Ready")].status}'];
      const { stdout } = await sh('kind', ['get', 'nodes', '--name', name], { env });
      expect(stdout.trim()).toBe(`${name}-control-plane`);
      expect((await inContainer(`${name}-control-plane`, ready)).trim()).toBe('True');
    } finally {
      await sh('kind', ['delete', 'cluster', '--name', name], { env });
      await docker.getNetwork(name).remove();
      await rm(folder, { recursive: true });
    }
  });
});

async function inContainer(name: string, argv: string[]): Promise<string> {
  const exec = await docker.getContainer(name).exec({ Cmd: argv, AttachStdout: true, Tty: true });
  return await text((await exec.start({ Tty: true })) as Duplex);
}

function text(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    stream.on('data', (chunk: Buffer) => {
      all += chunk.toString();
    });
    stream.on('end', () => resolve(all)).on('error', reject);
  });
}
