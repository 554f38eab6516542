import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LabSpec } from '#cluster/port.ts';
import { dns, engine, etcd, files, http, kube, pod, registry, tcp } from '#grading';
import type { Observation } from '#grading/observation.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { aLab, docker, imageOf, provider } from './a-lab.ts';
import { depotImage } from './depot/image.ts';
import { shore } from './shore.ts';
import { until } from './site.ts';

const soon = (milliseconds = 60_000) => AbortSignal.timeout(milliseconds);
const slipway = provider();
let spec: LabSpec;
let eyes: Observer;

const site = { namespace: 'quay', labels: { app: 'site' } };
const asker = { namespace: 'quay', labels: { app: 'asker' } };
const Seen = z.object({ seen: z.string(), port: z.int() });

/** What is seen; fails the test when we could not look. */
async function see<Value>(observation: Observation<Value>): Promise<Value> {
  const observed = await eyes.round(soon())(observation);
  if (!observed.ok) expect.fail(`could not look: ${observed.reason}`);
  return observation.value.parse(observed.value);
}
const blindness = async (observation: Observation): Promise<string> => {
  const observed = await eyes.round(soon())(observation);
  return observed.ok ? expect.fail(`saw ${JSON.stringify(observed.value)}`) : observed.reason;
};
const ask = (url: string, options: Partial<Parameters<typeof http.get>[1]> = {}) =>
  http.get(url, { from: asker, fields: Seen, ...options });
const inToolbox = async (script: string) => {
  const { code, stderr, stdout } = await slipway.exec(spec, { kind: 'toolbox' }, ['sh', '-c', script], { signal: soon() });
  if (code !== 0) expect.fail(`${script}: ${stderr}`);
  return stdout;
};

/** Runs a command for the agent's process of a node, whose folder is `$p`; answers its output, empty where there is no agent. */
const ofAgent = async (hostname: string, command: string) => {
  const script = `for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' < $p/cmdline)" in */gateway\\ agent*) ${command};; esac; done`;
  return (await slipway.exec(spec, { kind: 'node', cluster: 'main', hostname }, ['sh', '-c', script], { signal: soon() })).stdout;
};

const onPlane = (script: string) =>
  slipway.exec(spec, { kind: 'node', cluster: 'main', hostname: 'control-plane' }, ['sh', '-c', script], { signal: soon() });

const registryConfig = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /tmp/registry}}\nhttp: {addr: ":5000"}\n';

beforeAll(async () => {
  const depot = await depotImage();
  spec = await aLab({
    images: ['harbour/api:1.0'],
    containers: [
      {
        name: 'registry',
        image: depot,
        env: { CONFIG: registryConfig },
        command: ['sh', '-c', 'printf %s "$CONFIG" > /tmp/config.yml; exec docker-registry serve /tmp/config.yml'],
      },
    ],
    cluster: { nodes: [{ role: 'control-plane' }, { role: 'worker' }], setup: [{ name: 'shore.yaml', yaml: shore }] },
  });
  await imageOf('harbour/api:1.0');
  const access = await slipway.create(spec, () => undefined, soon(240_000));
  eyes = observer({ provider: slipway, access, secretKey: Buffer.from('a key') });
  await bothAnswer();
});

/**
 * Waits until both pods of the site are reached through its Service, as the asker itself finds: a pod is ready a moment
 * before its node knows where to send for it, and until then the node refuses.
 */
async function bothAnswer() {
  const asked = "urllib.request.urlopen('http://site/who', timeout=2).read()";
  const program = `import urllib.request\nprint(len({${asked}.split(b',')[0] for _ in range(20)}))`;
  const argv = ['kubectl', '-n', 'quay', 'exec', 'asker', '--', 'python3', '-c', program];
  const plane = { kind: 'node' as const, cluster: 'main', hostname: 'control-plane' };
  const pods = async () => (await slipway.exec(spec, plane, argv, { signal: soon() })).stdout.trim();
  await until(async () => (await pods()) === '2', 'both pods to answer', 130);
}

afterAll(async () => {
  await eyes?.close();
  if (spec) await slipway.remove(spec, soon(150_000));
});

describe('a lab of two nodes', () => {
  it('has both nodes ready, the control plane kept free of pods', async () => {
    const { stdout } = await onPlane('kubectl get nodes --no-headers');
    const rows = stdout.trim().split('\n');
    expect(rows.map((row) => row.split(/\s+/).slice(0, 2))).toEqual([
      ['control-plane', 'Ready'],
      ['worker', 'Ready'],
    ]);
    const taints = await onPlane('kubectl get nodes -o jsonpath={.items[*].spec.taints[*].key}');
    expect(taints.stdout).toBe('node-role.kubernetes.io/control-plane');
  });
});

describe('http', () => {
  it('asks from a pod, by the names that are known there', async () => {
    for (const url of ['http://site/who', 'http://site.quay/who', 'http://site.quay.svc.cluster.local./who', 'http://elsewhere/who']) {
      expect(await see(ask(url)), url).toMatchObject({ status: 200, problem: null, body: { seen: expect.stringMatching(/^site-/) } });
    }
    expect(await see(ask('http://myself.example:8080/who', { from: site }))).toMatchObject({ status: 200 });
  });

  it('asks from a node and from the lab’s network', async () => {
    const ready = { from: 'network' as const, fields: z.string() };
    expect(await see(ask('https://control-plane:6443/readyz', ready))).toMatchObject({ status: 200, body: 'ok' });
    expect(await see(ask('http://10.96.0.10:9153/metrics', { ...ready, from: { node: 'worker' } }))).toMatchObject({ status: 200 });
  });

  it('asks every pod within its own network', async () => {
    const seen = await see(http.getEach('/who', { pods: site, port: 8080, fields: Seen }));
    expect(seen).toHaveLength(2);
    for (const one of seen) expect(one.body?.seen).toBe(one.pod);
  });

  it('repeats a request over new connections', async () => {
    const seen = await see(http.repeat('http://site/who', { from: asker, times: 20, fields: Seen }));
    expect(seen).toHaveLength(20);
    expect(new Set(seen?.map(({ body }) => body?.seen)).size).toBe(2);
    expect(new Set(seen?.map(({ body }) => body?.port)).size).toBeGreaterThan(15);
  });

  it('shows a redirect or follows it, as asked', async () => {
    expect(await see(ask('http://site/redirect', { keep: ['Location'] }))).toMatchObject({ status: 302, headers: { location: '/host' } });
    expect(await see(ask('http://site/redirect', { redirects: 1 }))).toMatchObject({ status: 200, body: { seen: 'site' } });
  });

  it('sends a host name and headers of its own, also along a redirect', async () => {
    expect(await see(ask('http://site/host', { host: 'boats.example' }))).toMatchObject({ body: { seen: 'boats.example' } });
    for (const path of ['redirect', 'absolute']) {
      const seen = await see(ask(`http://site/${path}`, { host: 'boats.example', redirects: 2 }));
      expect(seen, path).toMatchObject({ body: { seen: 'boats.example' } });
    }
    expect(await see(ask('http://site/absolute', { redirects: 1 }))).toMatchObject({ status: null, problem: 'no-name' });
    expect(await see(ask('http://site/sent', { headers: { 'x-sent': 'yes' }, keep: ['x-ship'] }))).toMatchObject({
      body: { seen: 'yes' },
      headers: { 'x-ship': 'Ariel' },
    });
  });

  it('keeps cookies only when asked to', async () => {
    const cookies = async (kept: boolean) => {
      const seen = await see(http.repeat('http://site/cookie', { from: asker, times: 3, cookies: kept, fields: Seen }));
      return seen?.map(({ body }) => body?.seen);
    };
    expect(await cookies(true)).toEqual(['none', 'tide=high', 'tide=high']);
    expect(await cookies(false)).toEqual(['none', 'none', 'none']);
  });

  it('verifies a server against the lab’s authority', async () => {
    const version = { from: 'network' as const, trust: 'lab' as const, fields: z.object({ major: z.string() }) };
    expect(await see(ask('https://control-plane:6443/version', version))).toMatchObject({ status: 200, body: { major: '1' } });
    expect(await see(ask('https://control-plane:6443/version', { ...version, host: 'boats.example' }))).toMatchObject({
      status: null,
      problem: 'broken',
    });
  });

  it('says how a target does not answer', async () => {
    const problem = async (url: string, options = {}) => (await see(ask(url, options)))?.problem;
    expect(await problem('http://localhost:9/')).toBe('refused');
    expect(await problem('http://nobody/')).toBe('refused');
    expect(await problem('http://no.such.name/')).toBe('no-name');
    expect(await problem('http://site/silent', { timeout: 300 })).toBe('timeout');
    expect(await problem('http://site:9000/', { timeout: 300 })).toMatch(/timeout|refused/);
    expect(await problem('http://sites:9000/')).toBe('broken');
    expect(await see(ask('http://site/half', { fields: z.string() }))).toMatchObject({ status: 200, problem: 'broken', body: 'only this' });
    for (const path of ['large', 'endless']) {
      expect(await see(ask(`http://site/${path}`, { fields: z.string() })), path).toMatchObject({ status: 200, problem: 'broken' });
    }
    expect(await problem('http://site/headers')).toBe('broken');
  });

  it('keeps nothing of a target that stays silent', async () => {
    const own = await see(dns.lookup('control-plane', { from: 'network' }));
    const nobody = (own?.records[0]?.target ?? '').replace(/\d+$/, '250');
    const asked = Array.from({ length: 40 }, (_, index) => see(ask(`http://${nobody}/${index}`, { timeout: 400 })));
    expect(new Set((await Promise.all(asked)).map((one) => one?.problem))).toEqual(new Set(['timeout']));
    const [threads = '', descriptors = ''] = (await ofAgent('worker', 'ls $p/task | wc -l; ls $p/fd | wc -l')).trim().split('\n');
    expect(Number(threads)).toBeGreaterThan(0);
    expect(Number(descriptors)).toBeLessThan(30);
  });

  it('sees nothing where its selection has no running pod', async () => {
    expect(await see(ask('http://site/who', { from: { ...asker, labels: { app: 'nobody' } } }))).toBeNull();
  });

  it('could not look from a node that is not there, or to what is no address', async () => {
    expect(await blindness(ask('http://site/who', { from: { node: 'nowhere' } }))).toMatch(/nowhere/);
    expect(await blindness(ask('site/who'))).toMatch(/not a URL/);
  });
});

describe('dns', () => {
  const records = (name: string, type: 'A' | 'CNAME' | 'SRV' = 'A') => see(dns.lookup(name, { from: asker, type }));

  it('finds addresses as the pod does, by its search list', async () => {
    const whole = await records('site.quay.svc.cluster.local.');
    expect(whole).toMatchObject({ problem: null, records: [{ target: expect.stringMatching(/^10\.96\./), port: null }] });
    expect(await records('site')).toEqual(whole);
    expect(await records('site.quay')).toEqual(whole);
    expect((await records('sites'))?.records).toHaveLength(2);
  });

  it('finds where a name leads, and where a service is', async () => {
    expect(await records('elsewhere', 'CNAME')).toEqual({
      problem: null,
      records: [{ target: 'site.quay.svc.cluster.local', port: null }],
    });
    expect(await records('_web._tcp.sites', 'SRV')).toMatchObject({ problem: null, records: [{ port: 8080 }, { port: 8080 }] });
  });

  it('tells a name that does not exist from one without such a record', async () => {
    expect(await records('nowhere')).toEqual({ problem: 'no-name', records: [] });
    expect(await records('nowhere.quay')).toEqual({ problem: 'no-name', records: [] });
    expect(await records('site', 'CNAME')).toEqual({ problem: null, records: [] });
  });

  it('asks from the lab’s network', async () => {
    const seen = await see(dns.lookup('worker', { from: 'network' }));
    expect(seen?.records[0]?.target).toMatch(/^10\.201\./);
    expect(await see(dns.lookup('nowhere', { from: 'network' }))).toMatchObject({ problem: 'no-name' });
  });
});

describe('tcp', () => {
  it('connects, sends, and reads until there is enough', async () => {
    const spoken = { send: 'tide\nmore\n', read: 100, until: 'TIDE' };
    expect(await see(tcp.connect('sites', 9000, { from: asker, ...spoken }))).toMatchObject({
      problem: null,
      received: expect.stringMatching(/^ahoy\nTIDE/),
    });
    expect(await see(tcp.connect('sites', 9000, { from: asker, read: 3 }))).toEqual({ problem: null, received: 'aho' });
    expect(await see(tcp.connect('sites', 9000, { from: asker }))).toEqual({ problem: null, received: '' });
  });

  it('keeps what came before the time was over', async () => {
    expect(await see(tcp.connect('sites', 9000, { from: asker, read: 100, timeout: 300 }))).toEqual({ problem: null, received: 'ahoy\n' });
  });

  it('connects to every pod of a selection', async () => {
    const seen = await see(tcp.connectEach(site, 9000, { read: 5 }));
    expect(seen.map(({ received }) => received)).toEqual(['ahoy\n', 'ahoy\n']);
  });

  it('says when a port is closed and when a host is silent', async () => {
    expect(await see(tcp.connect('localhost', 9, { from: asker }))).toMatchObject({ problem: 'refused' });
    const own = await see(dns.lookup('control-plane', { from: 'network' }));
    const nobody = (own?.records[0]?.target ?? '').replace(/\d+$/, '250');
    expect(await see(tcp.connect(nobody, 80, { from: 'network', timeout: 300 }))).toMatchObject({ problem: 'timeout' });
  });
});

describe('a pod’s files and environment', () => {
  const read = async (...paths: string[]) => (await see(pod.files(site, paths)))[0]?.files;

  it('are read as its first process sees them', async () => {
    expect(await read('/stage/note', '/stage/home', '/proc/1/comm')).toMatchObject({
      '/stage/note': { problem: null, text: 'ahoy\n', size: 5 },
      '/stage/home': { text: 'ahoy\n' },
      '/proc/1/comm': { text: 'python3\n' },
    });
    const seen = await see(pod.environ(site, ['WORD', 'EMPTY', 'HOSTNAME', 'NOBODY']));
    expect(seen).toHaveLength(2);
    for (const one of seen) expect(one.environ).toEqual({ WORD: 'sésame', EMPTY: '', HOSTNAME: one.pod });
  });

  it('cannot lead out of its root, however its links point', async () => {
    const node = await slipway.exec(spec, { kind: 'node', cluster: 'main', hostname: 'worker' }, ['head', '-c1', '/etc/shadow'], {
      signal: soon(),
    });
    expect(node.stdout).not.toBe('');
    for (const path of ['/stage/out', '/stage/up', '/../../../etc/shadow', '/proc/1/root/etc/shadow']) {
      expect((await read(path))?.[path], path).toMatchObject({ problem: expect.stringMatching(/absent|refused|not-a-file/), text: null });
    }
  });

  it('are never waited for: pipes, devices, folders, loops', async () => {
    const seen = (await read('/stage/pipe', '/stage/zero', '/stage', '/stage/loop', '/dev/zero')) ?? {};
    expect(Object.values(seen).map(({ problem }) => problem)).toEqual(Array(5).fill('not-a-file'));
  });

  it('are left alone when they are too large, and missed when they are not there', async () => {
    expect(await read('/stage/big', '/nowhere', '/stage/note/deeper')).toEqual({
      '/stage/big': { problem: 'too-large', text: null, size: 20000 },
      '/nowhere': { problem: 'absent', text: null, size: null },
      '/stage/note/deeper': { problem: 'absent', text: null, size: null },
    });
  });

  it('stand for the same secret as the Secret they come from, byte for byte', async () => {
    const Secret = z.object({ data: z.object({ word: z.string(), plain: z.string() }) });
    const secret = await see(kube.object('v1', 'Secret', 'key', { namespace: 'quay', fields: Secret }));
    const [file] = await see(pod.files(site, ['/key/word', '/stage/bytes'], { secret: true }));
    const [variable] = await see(pod.environ(site, ['WORD'], { secret: true }));
    expect(secret?.data.word).toMatch(/^hmac:[0-9a-f]{32}$/);
    expect(file?.files['/key/word']?.text).toBe(secret?.data.word);
    expect(file?.files['/stage/bytes']?.text).toBe(secret?.data.word);
    expect(variable?.environ['WORD']).toBe(secret?.data.plain);
  });
});

describe('files of the toolbox', () => {
  it('are read as the learner, and nothing but files', async () => {
    await inToolbox(
      `cd && mkdir -p notes && printf 'tide\\n' > notes/a && mkfifo pipe && ln -sf /dev/zero zero && ln -sf loop loop &&
       printf '\\377<b>\\033[31m' > odd && head -c 70000 /dev/zero > big && touch closed && chmod 0 closed && ln -sf notes/a link`,
    );
    expect(
      await see(
        files.read(['notes/a', '~/notes/a', 'link', 'odd', 'pipe', 'zero', 'loop', 'big', 'closed', 'notes', 'gone', '/etc/shadow']),
      ),
    ).toEqual({
      'notes/a': { problem: null, text: 'tide\n', size: 5 },
      '~/notes/a': { problem: null, text: 'tide\n', size: 5 },
      link: { problem: null, text: 'tide\n', size: 5 },
      odd: { problem: null, text: '\uFFFD<b>\u001b[31m', size: 9 },
      pipe: { problem: 'not-a-file', text: null, size: null },
      zero: { problem: 'not-a-file', text: null, size: null },
      loop: { problem: 'not-a-file', text: null, size: null },
      big: { problem: 'too-large', text: null, size: 70000 },
      closed: { problem: 'refused', text: null, size: null },
      notes: { problem: 'not-a-file', text: null, size: null },
      gone: { problem: 'absent', text: null, size: null },
      '/etc/shadow': { problem: 'refused', text: null, size: null },
    });
  });

  it('cannot change what reads them', async () => {
    await inToolbox("cd && printf 'import os\\nos._exit(0)\\n' > json.py && mkdir -p .local/lib && cp json.py base64.py");
    expect(await see(files.read(['notes/a']))).toMatchObject({ 'notes/a': { text: 'tide\n' } });
  });
});

describe('etcd', () => {
  it('tells its state', async () => {
    expect(await see(etcd.status())).toMatchObject({
      version: expect.stringMatching(/^3\./),
      isLeader: true,
      members: [{ name: 'control-plane' }],
      alarms: [],
    });
  });

  it('shows how a Secret is stored, without its value', async () => {
    const [stored] = await see(etcd.get('/registry/secrets/quay/key'));
    expect(stored?.begins).toMatch(/^k8s\0/);
    expect(stored?.size).toBeGreaterThan(64);
    const names = (await see(etcd.get('/registry/services/specs/quay/', { prefix: true }))).map(({ key }) => key.split('/').at(-1));
    expect(names).toEqual(['elsewhere', 'nobody', 'site', 'sites']);
    expect(await see(etcd.get('/registry/secrets/quay/nobody'))).toEqual([]);
  });
});

describe('a registry', () => {
  it('tells its repositories, tags and manifests', async () => {
    expect(await see(registry.repositories())).toEqual({ repositories: [] });
    const type = 'application/vnd.oci.image.manifest.v1+json';
    await inToolbox(`set -e; cd /tmp; printf '{}' > blob; sum=$(sha256sum blob | cut -d' ' -f1)
      to=$(curl -fsS -X POST -D - http://registry:5000/v2/boat/blobs/uploads/ | tr -d '\\r' | sed -n 's/^Location: //p')
      curl -fsS -X PUT --data-binary @blob -H 'content-type: application/octet-stream' "$to&digest=sha256:$sum"
      printf '{"schemaVersion":2,"mediaType":"${type}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:%s"},"layers":[]}' $sum > manifest
      curl -fsS -X PUT --data-binary @manifest -H 'content-type: ${type}' http://registry:5000/v2/boat/manifests/1.0`);
    expect(await see(registry.repositories())).toEqual({ repositories: ['boat'] });
    expect(await see(registry.tags('boat'))).toEqual({ tags: ['1.0'] });
    const fields = z.object({ mediaType: z.string() });
    expect(await see(registry.manifest('boat', '1.0', { fields }))).toEqual({ mediaType: type });
    expect(await see(registry.manifest('boat', '2.0', { fields }))).toBeNull();
    expect(await see(registry.tags('ship'))).toBeNull();
  });

  it('that is not there cannot be looked at', async () => {
    expect(await blindness(registry.repositories({ host: 'nowhere' }))).toMatch(/nowhere:5000/);
    expect(await blindness(registry.repositories({ port: 9 }))).toMatch(/refused/);
  });
});

describe('an engine', () => {
  it('tells its containers, images and networks', async () => {
    const name = `slipway-${spec.lab}-engine`;
    // Labelled as a part of the lab, so that it goes with it.
    const labels = { 'slipway.instance': spec.instance, 'slipway.lab': spec.lab, 'slipway.epoch': '1', 'slipway.part': 'engine' };
    const container = await docker.createContainer({
      name,
      Image: await depotImage(),
      Cmd: ['dockerd', '-H', 'tcp://0.0.0.0:2375', '--tls=false', '--storage-driver=vfs', '--iptables=false', '--bridge=none'],
      Labels: labels,
      HostConfig: { Privileged: true, NetworkMode: `slipway-${spec.lab}`, Tmpfs: { '/var/lib/docker': '', '/run': '' } },
      NetworkingConfig: { EndpointsConfig: { [`slipway-${spec.lab}`]: { Aliases: ['engine'] } } },
    });
    await container.start();
    await expect.poll(() => inToolbox('curl -fsS http://engine:2375/_ping || true'), { timeout: 60_000, interval: 250 }).toBe('OK');
    await inToolbox(`set -e; cd /tmp; mkdir -p root; tar c -C root . > empty.tar
      curl -fsS -X POST --data-binary @empty.tar -H 'content-type: application/x-tar' 'http://engine:2375/images/create?fromSrc=-&repo=harbour/boat&tag=1'
      curl -fsS -X POST -H 'content-type: application/json' -d '{"Image":"harbour/boat:1","Cmd":["sail"]}' 'http://engine:2375/containers/create?name=tug'`);
    const fields = z.object({ Names: z.array(z.string()), State: z.string() });
    expect(await see(engine.containers({ fields }))).toEqual([{ Names: ['/tug'], State: 'created' }]);
    expect(await see(engine.images({ fields: z.object({ RepoTags: z.array(z.string()) }) }))).toEqual([{ RepoTags: ['harbour/boat:1'] }]);
    expect((await see(engine.networks({ fields: z.object({ Name: z.string() }) }))).map(({ Name }) => Name).sort()).toEqual([
      'host',
      'none',
    ]);
    const tug = z.object({ Config: z.object({ Cmd: z.array(z.string()) }) });
    expect(await see(engine.container('tug', { fields: tug }))).toEqual({ Config: { Cmd: ['sail'] } });
    expect(await see(engine.container('barge', { fields: tug }))).toBeNull();
    expect(await see(engine.image('harbour/boat:1', { fields: z.object({ Id: z.string() }) }))).not.toBeNull();
    expect(await see(engine.image('harbour/ship:1', { fields: z.object({ Id: z.string() }) }))).toBeNull();
  });
});

describe('what goes while it is looked at', () => {
  it('is looked at once more when only the agent died', async () => {
    await see(ask('http://site/who'));
    const slow = see(ask('http://site/silent', { timeout: 2500 }));
    for (const hostname of ['control-plane', 'worker']) {
      const killed = await ofAgent(hostname, 'kill -9 $(basename $p) && echo killed');
      expect(killed, hostname).toBe(hostname === 'worker' ? 'killed\n' : '');
    }
    expect(await slow).toMatchObject({ status: null, problem: 'timeout' });
    await docker.getContainer(`slipway-${spec.lab}-gateway`).restart();
    expect(await see(dns.lookup('worker', { from: 'network' }))).toMatchObject({ problem: null });
  });

  it('is not taken for what could not be looked at', async () => {
    const kubectl = ['kubectl', '-n', 'quay', 'delete', 'pod', 'asker', '--now', '--wait=false'];
    await slipway.exec(spec, { kind: 'node', cluster: 'main', hostname: 'control-plane' }, kubectl, { signal: soon() });
    await expect.poll(() => see(ask('http://site/who')), { timeout: 30_000, interval: 50 }).toBeNull();
  });

  it('a node that stops under its agent is something we could not look at', async () => {
    const [one] = await see(http.getEach('/who', { pods: site, port: 8080, fields: Seen }));
    expect(one?.status).toBe(200);
    const container = docker.getContainer(`slipway-${spec.lab}-worker`);
    await container.kill();
    expect(await blindness(http.getEach('/who', { pods: site, port: 8080, fields: Seen }))).not.toBe('');
  });
});

describe('a lab with a process that no signal reaches', () => {
  it('is removed all the same', async () => {
    // What a kill in the middle of a pod's start leaves under cgroup v1.
    await onPlane('for f in $(find /sys/fs/cgroup -path "*cri-containerd*" -name freezer.state | head -n 1); do echo FROZEN > $f; done');
    await slipway.remove(spec, soon(150_000));
    expect(await slipway.find(spec.instance, soon())).toEqual([]);
  });
});
