import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { afterEach, expect, test } from 'vitest';
import { type EngineCall, metered } from '#cluster/metered.ts';
import { endLab } from '#runtime/end-lab.ts';
import { startLab } from '#runtime/start-lab.ts';
import { figures } from '#server/metrics/figures.ts';
import { history } from '#server/metrics/history.ts';
import { sockets } from '#server/metrics/sockets.ts';
import type { StoreCall } from '#store/metered.ts';
import { openStore } from '#store/open.ts';
import { type Workbench, workbench } from './context.ts';

const lab = '04-state-inside';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const line = (text: string, start: string) => text.split('\n').find((one) => one.startsWith(start));

async function seen(): Promise<Workbench & { text(): Promise<string>; past: ReturnType<typeof history> }> {
  const bench = await workbench();
  closing.push(bench.close);
  const { context } = bench;
  const runtime = { context, store: context.store } as Parameters<typeof figures>[0];
  const open = sockets();
  return { ...bench, past: history(runtime, open), text: figures(runtime, open).text };
}

test('a start is counted by its way with its phases, and what stands is told as it is', async () => {
  const { context, learner, reaches, text, past } = await seen();
  const { session } = await startLab(context, learner, lab);
  await reaches(session.id, 'ready');
  const told = await text();
  expect(line(told, 'slipway_lab_starts_total{way="cold",outcome="ready"}')).toMatch(/ 1$/);
  expect(line(told, `slipway_lab_start_seconds_count{lab="${lab}",way="cold"}`)).toMatch(/ 1$/);
  expect(told).toMatch(/slipway_lab_start_phase_seconds_count\{way="cold",phase="[a-z-]+"\} 1/);
  expect(line(told, 'slipway_sessions{state="ready"}')).toMatch(/ 1$/);
  expect(line(told, 'slipway_queue_length')).toMatch(/ 0$/);
  expect(line(told, 'slipway_store_up')).toMatch(/ 1$/);
  expect(told).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(told).not.toContain(learner.id);

  await past.sample();
  expect(past.samples().at(-1)).toMatchObject({ ready: 1, waiting: 0 });
  expect(past.starts()).toMatchObject([{ lab, way: 'cold', outcome: 'ready' }]);

  await endLab(context, (await context.store.sessions.get(session.id)) ?? session);
  await reaches(session.id, 'ended');
  expect(line(await text(), 'slipway_sessions{state="ready"}')).toMatch(/ 0$/);
});

test('a start that fails is counted as failed and spoils no duration', async () => {
  const { context, learner, reaches, text, lab: fake } = await seen();
  fake.engine.fault = { at: 40, how: 'fails' };
  const { session } = await startLab(context, learner, lab);
  await reaches(session.id, 'failed');
  const told = await text();
  expect(line(told, 'slipway_lab_starts_total{way="cold",outcome="failed"}')).toMatch(/ 1$/);
  expect(told).not.toContain('slipway_lab_start_seconds_count');
});

test('a call of the engine is told by what it asks, whatever it asks it of, and with why it failed', async () => {
  const server = createServer((request, response) => {
    const isThere = request.url?.includes('there');
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' }).end(isThere ? '{}' : '{"message":"no such thing"}');
  }).listen(0, '127.0.0.1');
  closing.push(async () => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const calls: EngineCall[] = [];
  const docker = metered(new Dockerode({ host: 'http://127.0.0.1', port }), (call) => calls.push(call));
  await docker.getContainer('there-1').inspect();
  await docker.getImage('a/there:1').inspect();
  await docker
    .getVolume('gone')
    .inspect()
    .catch(() => undefined);
  await docker.listContainers().catch(() => undefined);
  expect(calls.map(({ call, error }) => [call, error])).toEqual([
    ['GET containers/{id}/json', null],
    ['GET images/{id}/json', null],
    ['GET volumes/{id}', '404'],
    ['GET containers/json', '404'],
  ]);
});

test('a call of the database is told with its code when it fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-metered-'));
  closing.push(() => rm(folder, { recursive: true }));
  const calls: StoreCall[] = [];
  const store = await openStore({ folder, told: (call) => calls.push(call) });
  await store.people.create({ name: 'Ada', roles: ['learner'] });
  await store.people.list();
  await store.help.take({ person: 'nobody', lab, task: 'none', kind: 'hint', number: 1, session: null }).catch(() => undefined);
  await store.close();
  expect(calls.map(({ call, error }) => [call, error])).toEqual([
    ['write', null],
    ['read', null],
    ['write', 'failed'],
  ]);
});
