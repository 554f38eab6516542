import Dockerode from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { images } from '#cluster/images/index.ts';
import { toolboxBody } from '#cluster/kind/containers.ts';
import { engineOf } from '#cluster/kind/engine.ts';
import { start } from '#cluster/kind/exec.ts';
import { site, until } from '../adapters/terminal/harness.ts';

const docker = new Dockerode();
const engine = engineOf(docker);
const instance = `toolbox-${process.pid}`;
const lab = `t${process.pid}`;
let container: Dockerode.Container;
let server: Awaited<ReturnType<typeof site>>;

beforeAll(async () => {
  const { ref } = await images(docker, { root: process.cwd() }).ensure('toolbox', { signal: AbortSignal.timeout(900_000) });
  const spec = { instance, lab, epoch: 1, clusters: [], containers: [], images: [], proberRules: [] };
  const toolbox = { image: ref, memoryBytes: 256 * 1024 ** 2, cpus: 1, pids: 128 };
  const { NetworkingConfig: _, ...body } = toolboxBody({ ...spec, toolbox }, toolbox);
  container = await docker.createContainer({ ...body, HostConfig: { ...body.HostConfig, NetworkMode: 'none' } });
  await container.start();
  server = await site({ attach });
});
const attach = (argv: readonly string[]) => start(engine, container.id, argv, { signal: new AbortController().signal });
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await container.remove({ force: true, v: true });
  for (const { Name } of (await docker.listVolumes({ filters: { name: [lab] } })).Volumes) await docker.getVolume(Name).remove();
});

const processes = async () => (await container.top()).Processes.length;

/** How many processes there are once two looks agree. */
async function settled(): Promise<number> {
  let seen = -1;
  await until(async () => {
    const last = seen;
    seen = await processes();
    return seen === last;
  });
  return seen;
}

/** What a command prints, typed by a learner; `done-0` marks its end. */
async function typed(command: string): Promise<string> {
  const tab = await server.open();
  await tab.said('opened');
  await tab.shows(/\$ $/);
  tab.clear();
  tab.type(`clear; ${command}; echo done-$((0))\r`);
  await tab.shows('done-0', 60_000);
  await tab.leave();
  return tab.screen();
}

test('the learner is nobody, can gain nothing, and has the tools of the course', async () => {
  const status = await typed('id -un; command grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status; touch /etc/x');
  expect(status).toContain('learner');
  expect(status).toMatch(/CapEff:\s0000000000000000/);
  expect(status).toMatch(/CapBnd:\s0000000000000000/);
  expect(status).toMatch(/NoNewPrivs:\s1/);
  expect(status).toContain('Read-only file system');
  const tools = await typed('for t in kubectl jq yq curl git vim nano kustomize less; do type -P $t >/dev/null || echo lacks $t; done');
  expect(tools).not.toMatch(/lacks \w/);
});

test('Tab completes kubectl, and k as well', async () => {
  const tab = await server.open();
  await tab.shows(/\$ $/);
  tab.clear();
  tab.type('k api-v\t');
  await tab.shows('api-versions');
  tab.type('\x03');
  await tab.leave();
});

test('fifty reloads leave as many processes as one, and a server that stops leaves none of its own', async () => {
  await typed('true');
  const before = await settled();
  const own = await site({ attach });
  const reload = async () => {
    const tab = await own.open();
    await tab.said('opened');
    await tab.leave();
  };
  await reload();
  const one = await settled();
  for (let more = 0; more < 49; more++) await reload();
  await until(async () => (await processes()) === one, 20_000);
  await own[Symbol.asyncDispose]();
  await until(async () => (await processes()) === before);
});

test('a learner who kills all there is has a new shell at once', async () => {
  const tab = await server.open();
  await tab.shows(/\$ $/);
  tab.type('kill -9 -1; kill -9 1; kill -9 $$\r');
  await tab.closed();
  expect(await typed('echo alive')).toContain('alive');
});

test('scenario 35: a fork bomb stops at the limit, which the supervisor outlives, and a restart from outside clears it', async () => {
  const { State } = await container.inspect();
  const tab = await server.open({ shell: '2' });
  await tab.shows(/\$ $/);
  tab.type('bomb() { bomb | bomb & }; bomb\r');
  await tab.shows(/fork: (retry: )?Resource temporarily unavailable/, 60_000);
  tab.clear();
  await tab.sees(() => (tab.screen().match(/fork: /g) ?? []).length > 20, 'more of it', 60_000);
  expect((await container.inspect()).State.Pid).toBe(State.Pid);
  await container.restart({ t: 0 });
  expect(await typed('echo recovered')).toContain('recovered');
});

test('a program that takes all memory is killed, not the shells’ supervisor', async () => {
  await typed('true');
  const { State } = await container.inspect();
  const taken = await typed('python3 -c "x = \'x\' * (1 << 30)"');
  expect(taken).toContain('Killed');
  expect(await typed('echo still here')).toContain('still here');
  expect((await container.inspect()).State.Pid).toBe(State.Pid);
});
