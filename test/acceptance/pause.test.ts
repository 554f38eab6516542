import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExecPlace, LabRef } from '#cluster/port.ts';
import type { CheckResult, SessionView } from '#runtime/hub.ts';
import type { LabLogEntry } from '#store/port.ts';
import { provider } from './a-lab.ts';
import { shellPage } from './shell-page.ts';
import { follow, type Site, site, until } from './site.ts';

const course = join(import.meta.dirname, '../../bench/course');
const docker = new Dockerode();
const labs = provider();
const limit = (seconds = 60) => AbortSignal.timeout(seconds * 1000);
/** Longer than a node may be silent before Kubernetes takes it for lost. */
const longPause = 70_000;

let here: Site;
let session: SessionView;
let ref: LabRef;

beforeAll(async () => {
  here = await site({ SLIPWAY_COURSE: course });
  await here.start();
  session = ((await here.call('POST', '/api/labs/00-bench/start')).body as { session: SessionView }).session;
  await reaches('ready', 400);
  const [found] = await labs.find(here.instance, limit());
  ref = { instance: here.instance, lab: found?.lab ?? '', epoch: found?.epoch ?? 0 };
});
afterAll(async () => {
  await here?.close();
  for (const { lab } of await labs.find(here.instance, limit())) await labs.remove({ instance: here.instance, lab }, limit(120));
});

const reaches = (state: SessionView['state'], seconds = 120) =>
  follow(here, session.id, (event) => (event.type === 'session' && event.data.state === state ? event.data : undefined), seconds);
const ask = async (what: string, body = {}) => {
  const answer = await here.call('POST', `/api/sessions/${session.id}/${what}`, body);
  return { status: answer.status, ...(answer.body as { session: SessionView; results: CheckResult[]; error: { message: string } }) };
};
const toolbox: ExecPlace = { kind: 'toolbox' };
const kubectl = async (...argv: string[]) => (await labs.exec(ref, toolbox, ['kubectl', ...argv], { signal: limit() })).stdout;
const pods = async () =>
  JSON.parse(await kubectl('get', 'pods', '-A', '-o', 'json')).items.map(
    (pod: { metadata: { uid: string }; status: { containerStatuses: { restartCount: number }[] } }) => ({
      uid: pod.metadata.uid,
      restarts: pod.status.containerStatuses.map(({ restartCount }) => restartCount),
    }),
  );
const containers = () => docker.listContainers({ all: true, filters: JSON.stringify({ label: [`slipway.instance=${here.instance}`] }) });

/** What all of the lab has used of the processors, in ns, as the engine tells it. */
async function processorTime(): Promise<number> {
  const used = (await containers()).map(async ({ Id }) => {
    const stats = (await docker.getContainer(Id).stats({ stream: false, 'one-shot': true })) as Dockerode.ContainerStats;
    return stats.cpu_stats.cpu_usage.total_usage;
  });
  return (await Promise.all(used)).reduce((sum, one) => sum + one, 0);
}

test('a paused lab uses nothing, and goes on as if nothing had been: pods, shell, checks and new work', async () => {
  const cookie = await here.cookie();
  const shell = await shellPage(here, { session: session.id, cookie } as Parameters<typeof shellPage>[1], 1, null);
  await shell.command('echo before the pause; export TIDE=high');
  const before = { screen: await shell.screen(), pods: await pods() };
  const figures: Record<string, number> = {};

  const began = performance.now();
  expect(await ask('pause')).toMatchObject({ status: 200, session: { state: 'paused' } });
  await shell.lost();
  await until(async () => (await labs.condition(ref, limit())) === 'paused', 'the pause');
  figures['pauseMs'] = Math.round(performance.now() - began);
  const used = await processorTime();
  expect(await ask('check', {})).toMatchObject({ status: 409, error: { message: 'The lab is paused.' } });
  await rest(longPause);
  expect((await processorTime()) - used).toBe(0);

  const resumed = performance.now();
  expect((await ask('resume')).status).toBe(200);
  const answers = until(
    async () =>
      (
        await labs
          .exec(ref, { kind: 'node', cluster: 'main', hostname: 'control-plane' }, ['kubectl', 'get', '--raw', '/readyz'], {
            signal: limit(),
          })
          .catch(() => null)
      )?.code === 0,
    'the API',
    60,
  ).then(() => {
    figures['apiAnswersMs'] = Math.round(performance.now() - resumed);
  });
  await reaches('ready');
  figures['readyMs'] = Math.round(performance.now() - resumed);
  await answers;
  const made = performance.now();
  await kubectl('run', 'new', '--image=harbour/api:1.0', '--image-pull-policy=Never', '--command', '--', 'sleep', '1000');
  await until(async () => (await kubectl('get', 'pod', 'new', '-o', 'jsonpath={.status.phase}')) === 'Running', 'a new pod', 60);
  figures['firstPodMs'] = Math.round(performance.now() - made);
  console.log(JSON.stringify(figures));

  await shell.leave();
  const again = await shellPage(here, { session: session.id, cookie } as Parameters<typeof shellPage>[1], 1, null);
  expect((await again.screen()).lines).toEqual(before.screen.lines);
  expect(await again.command('echo $TIDE')).toContain('high');
  await again.leave();
  expect(await pods()).toEqual(expect.arrayContaining(before.pods));
  expect(await kubectl('get', 'nodes', '--no-headers')).toMatch(/control-plane\s+Ready/);
  const { status, results } = await ask('check', {});
  expect(status).toBe(200);
  expect(results.find(({ task }) => task === 'nodes')?.verdict.status).toBe('passed');
  const { entries } = (await here.call('GET', `/api/sessions/${session.id}/log`)).body as { entries: LabLogEntry[] };
  expect(entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['started', 'ready', 'paused', 'resumed']));
});

test('a paused lab survives a kill of the server, and one whose containers were lost meanwhile begins again', async () => {
  expect((await ask('pause')).status).toBe(200);
  await here.kill('SIGKILL');
  await here.start();
  await until(async () => (await labs.condition(ref, limit())) === 'paused', 'the pause', 90);
  await here.kill('SIGTERM');
  const node = (await containers()).find(({ Labels }) => Labels['slipway.part'] === 'node');
  await docker.getContainer(node?.Id ?? '').remove({ force: true, v: true });
  await here.start();
  expect((await reaches('crashed')).reason).toMatchObject({ code: 'lost' });
  expect((await ask('reset')).status).toBe(200);
  await reaches('ready', 400);
  expect((await ask('end')).status).toBe(200);
  await until(async () => (await here.census()).length === 0, 'the lab to be gone', 120);
});
