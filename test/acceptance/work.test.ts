import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findOwned, removeOwned } from '#cli/engine/owned.ts';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { LabRef } from '#cluster/port.ts';
import type { SessionView } from '#runtime/hub.ts';
import { openShell } from '#runtime/prove/shell.ts';
import { follow, type Site, site } from './site.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const lab = '04-state-inside';
const none = () => Promise.reject(new Error('nothing is made here'));
const provider = kindProvider({ docker: new Docker(), nodeImage: none, gatewayImage: none });

let here: Site;
let session: SessionView;
let ref: LabRef;
const folder = mkdtempSync(join(tmpdir(), 'slipway-work-'));

beforeAll(async () => {
  here = await site();
  await here.start();
  session = ((await here.call('POST', `/api/labs/${lab}/start`)).body as { session: SessionView }).session;
  const state = await follow(
    here,
    session.id,
    (event) => (event.type === 'session' && ['ready', 'failed'].includes(event.data.state) ? event.data : undefined),
    500,
  );
  expect(state, JSON.stringify(state.reason)).toMatchObject({ state: 'ready' });
  const [found] = await provider.find(here.instance, AbortSignal.timeout(10_000));
  ref = { instance: here.instance, lab: found?.lab ?? '', epoch: 1 };
});
afterAll(async () => {
  await here.kill('SIGTERM');
  provider.close?.();
  const signal = AbortSignal.timeout(120_000);
  const docker = new Docker();
  await removeOwned(docker, await findOwned(docker, (instance) => instance === here.instance, signal), signal, () => undefined);
  await here.close();
  rmSync(folder, { recursive: true, force: true });
});

const inToolbox = async (script: string) => {
  const signal = AbortSignal.timeout(120_000);
  const { code, stdout, stderr } = await provider.exec(ref, { kind: 'toolbox' }, ['bash', '-c', script], { signal });
  expect(code, stderr).toBe(0);
  return stdout;
};
const slipway = (...words: string[]) =>
  run(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    cwd: root,
    env: { ...process.env, SLIPWAY_DATA: here.data, SLIPWAY_INSTANCE: here.instance },
  });
const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

describe('a learner takes the work home', () => {
  let top = '';

  test('files, transcript and objects are in the archive, and nothing of the set-up', async () => {
    const shell = await openShell(provider, ref, '1', AbortSignal.timeout(60_000));
    await shell.run('printf "\\033[31m%s\\033[0m\\n" "typed by $USER"', AbortSignal.timeout(60_000));
    await shell.close();
    await inToolbox(`
      mkdir -p notes && echo 'Ariel berths at 3.' > notes/log.txt && ln -s notes/log.txt latest && ln -s /etc/passwd out
      truncate -s 3G huge.img
      kubectl create namespace mine
      kubectl -n mine create secret generic papers --from-literal=word=kept
      kubectl -n mine create deployment crane --image=harbour/api:1.0 --replicas=1
      kubectl -n mine expose deployment crane --port=80
      kubectl apply --server-side -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: { name: plan, namespace: mine }
data: { berth: "3" }
YAML
      kubectl -n harbour label deployment logbook seen=yes
      kubectl -n mine rollout status deployment crane --timeout=60s || true`);
    const answer = await fetch(`${here.origin}/api/sessions/${session.id}/work`, { headers: { cookie: await here.cookie() } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="slipway-04-state-inside-[\d-]+\.tar\.gz"$/);
    const file = join(folder, 'work.tar.gz');
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    await run('tar', ['-xzf', file, '-C', folder]);
    top = readdirSync(folder).find((name) => name !== 'work.tar.gz') ?? '';
    expect(text(top, 'README.txt')).not.toMatch(/^- .*(transcript|objects)/m);
    expect(text(top, 'home/notes/log.txt')).toBe('Ariel berths at 3.\n');
    expect(text(top, 'home/latest')).toBe('Ariel berths at 3.\n');
    expect(readdirSync(join(folder, top, 'home'))).not.toEqual(expect.arrayContaining(['out']));
    expect(readdirSync(join(folder, top, 'home'))).not.toEqual(expect.arrayContaining(['huge.img']));
    expect(text(top, 'transcript-1.txt')).toMatch(/^typed by learner$/m);
    expect(text(top, 'transcript-1.raw')).toContain('\u001b[31mtyped by learner');
    expect(text(top, 'README.txt')).toMatch(/"out" is left out: it points outside[\s\S]*"huge\.img" is left out: it is larger/);
    const objects = readdirSync(join(folder, top, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yaml'),
    );
    expect(objects.sort()).toEqual([
      '_cluster/Namespace-mine.yaml',
      'harbour/Deployment-logbook.yaml',
      'mine/ConfigMap-plan.yaml',
      'mine/Deployment-crane.yaml',
      'mine/Secret-papers.yaml',
      'mine/Service-crane.yaml',
    ]);
    const { metadata, data } = parse(text(top, 'objects/mine/Secret-papers.yaml'));
    expect(metadata).toEqual({ name: 'papers', namespace: 'mine' });
    expect(data).toEqual({ word: Buffer.from('kept').toString('base64') });
  });

  test('what was taken home can be applied again', async () => {
    await inToolbox('kubectl delete namespace mine --timeout=100s');
    await inToolbox('kubectl create namespace mine');
    const all = ['Service-crane', 'Deployment-crane', 'Secret-papers', 'ConfigMap-plan'].map((name) =>
      text(top, 'objects/mine', `${name}.yaml`),
    );
    const made = await inToolbox(`kubectl apply -f - <<'YAML'\n${all.join('---\n')}\nYAML`);
    expect(made.match(/created/g)).toHaveLength(4);
  });
});

test('./slipway kubeconfig opens the lab to kubectl on this host, as its learner', async () => {
  const { stdout, stderr } = await slipway('kubeconfig', lab);
  expect(stderr).toBe('');
  const config = parse(stdout);
  expect(config['current-context']).toBe(`slipway-${lab}`);
  const { server } = config.clusters[0].cluster;
  expect(server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  // The toolbox has the kubectl of this lab; on the host's network it is any program of this host.
  const image =
    (await new Docker().listContainers({ filters: { label: [`slipway.instance=${here.instance}`, 'slipway.part=toolbox'] } }))[0]?.Image ??
    '';
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, stdout, { mode: 0o644 });
  const asked = [
    'run',
    '--rm',
    '--network=host',
    '--entrypoint=kubectl',
    '-v',
    `${file}:/k:ro`,
    image,
    '--kubeconfig=/k',
    'auth',
    'whoami',
    '-o',
    'yaml',
  ];
  const { stdout: who } = await run('docker', asked);
  expect(parse(who).status.userInfo).toMatchObject({ username: 'learner', groups: expect.arrayContaining(['slipway:learners']) });
});

test('./slipway kubeconfig says what to do for a lab that does not run', async () => {
  await slipway('kubeconfig', 'nothing').then(
    () => expect.unreachable(),
    (error: { stderr: string; code: number }) =>
      expect(error).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no lab "nothing"') }),
  );
  await here.call('POST', `/api/sessions/${session.id}/end`);
  await slipway('kubeconfig', lab).then(
    () => expect.unreachable(),
    (error: { stderr: string; code: number }) =>
      expect(error).toMatchObject({ code: 1, stderr: expect.stringMatching(/the lab 04-state-inside (does not run|is ending)/) }),
  );
});
