import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { kindProvider } from '#cluster/kind/provider.ts';
import { refOf } from '#runtime/context.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { keepReconciled, reconcile } from '#runtime/reconcile.ts';
import { startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { type Workbench, workbench } from '../adapters/runtime/context.ts';
import { docker, imageOf } from './a-lab.ts';
import { type OwnEngine, ownEngine } from './own-engine.ts';
import { until } from './site.ts';
import { standIn } from './stand-in.ts';

const lab = '04-state-inside';
const instance = `test-${randomBytes(3).toString('hex')}`;
const patience = 2_000;

let engine: OwnEngine;
let base: string;
let bench: Workbench;
let stop: AbortController;
let keeping: Promise<void>;

/** A lab of stand-ins for which there is a session that is ready, on an engine of our own. */
async function aReadyLab(): Promise<LabSession> {
  bench = await workbench({
    connect: ({ store }) => ({
      store,
      provider: kindProvider({ docker: engine.docker(), nodeImage: async () => 'none:1', gatewayImage: async () => 'none:1', patience }),
    }),
  });
  const { sessions } = bench.context.store;
  const { session } = await sessions.begin({
    person: bench.learner.id,
    lab,
    labVersion: bench.context.course.labs[lab]?.version ?? '',
  });
  const starting = await sessions.admit(session.id);
  if (starting === null) throw new Error('the session was not let in');
  await standIn(engine.docker(), refOf(bench.context, starting), base, bench.lab.api.port);
  const ready = await sessions.move(session.id, 'ready');
  if (ready === null) throw new Error('the session is not ready');
  keeping = keepReconciled(bench.context, stop.signal);
  await until(async () => bench.context.watches.get(ready.id) !== undefined, 'the lab to be watched', 30);
  return ready;
}

beforeAll(async () => {
  engine = await ownEngine(instance);
  base = await imageOf('base');
  await engine.docker().loadImage(await docker.getImage(base).get());
});
afterAll(() => engine.close());
beforeEach(() => {
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await keeping;
  await bench.close();
  await engine.clear();
});

const state = async (id: string) => (await bench.context.store.sessions.get(id))?.state;
const limit = () => AbortSignal.timeout(30_000);
const answers = () => bench.context.provider.facts(AbortSignal.timeout(5_000)).then((facts) => facts.engine.ok);

test('scenario 3: labs that outlive a killed engine are taken over again, and nothing is declared lost while it is away', async () => {
  const ready = await aReadyLab();
  await engine.signal('KILL');
  expect(await answers()).toBe(false);
  await expect(reconcile(bench.context, limit())).rejects.toMatchObject({ code: 'no-engine' });
  // Another learner's start is told why, or waits for it.
  const other = await bench.context.store.people.create({ name: 'Other', roles: ['learner'] });
  const refused = await startLab(bench.context, other, lab).then(
    ({ session }) => bench.context.admission.place(session.id)?.why ?? session.reason?.message,
    (error: Error) => error.message,
  );
  expect(refused).toMatch(/engine/);
  expect(await state(ready.id)).toBe('ready');

  await engine.start({ liveRestore: true });
  await until(answers, 'the engine to answer again');
  await reconcile(bench.context, limit());
  expect(await state(ready.id)).toBe('ready');
  expect(await bench.context.provider.condition(refOf(bench.context, ready), limit())).toBe('running');
  const said = await bench.context.provider.exec(refOf(bench.context, ready), { kind: 'toolbox' }, ['echo', 'ahoy'], {
    signal: limit(),
    asRoot: true,
  });
  expect(said.stdout).toBe('ahoy\n');
  // What happens from then on is heard again.
  await engine.docker().getContainer(`slipway-${ready.instance}-control-plane`).kill();
  await until(async () => (await state(ready.id)) === 'crashed', 'the loss to be noticed', 10);
});

test('scenario 6: a node that somebody removes by hand is told within ten seconds', async () => {
  const ready = await aReadyLab();
  await engine.docker().getContainer(`slipway-${ready.instance}-control-plane`).remove({ force: true });
  await until(async () => (await state(ready.id)) === 'crashed', 'the loss to be told', 10);
  expect((await bench.context.store.sessions.get(ready.id))?.reason?.message).toMatch(/node/);
});

test('scenario 4: an engine that hangs keeps nobody waiting without end, and what was asked meanwhile is done when it goes on', async () => {
  const ready = await aReadyLab();
  await engine.signal('STOP');
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  const began = performance.now();
  const { provider } = bench.context;
  const ref = refOf(bench.context, ready);
  const asked = await Promise.allSettled([
    provider.condition(ref, limit()),
    provider.open(ref, limit()),
    provider.find('test-here', limit()),
    provider.exec(ref, { kind: 'toolbox' }, ['true'], { signal: limit() }),
  ]);
  expect(await answers()).toBe(false);
  expect(performance.now() - began).toBeLessThan(patience + 8_000);
  delays.disable();
  expect(delays.percentile(99) / 1e6).toBeLessThan(200);
  for (const one of asked) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'deadline' } });

  await pauseLab(bench.context, ready);
  expect(await state(ready.id)).toBe('paused');
  await until(async () => !bench.context.jobs.isBusy(ready.id), 'the freezing to be given up', 20);
  await engine.signal('CONT');
  await until(answers, 'the engine to answer again');
  await reconcile(bench.context, limit());
  await until(async () => (await provider.condition(ref, limit())) === 'paused', 'the lab to be frozen');
  expect(await state(ready.id)).toBe('paused');
});

test('scenario 3: labs that went with their engine are lost, with the reason and one click to begin again', async () => {
  const ready = await aReadyLab();
  await engine.signal('TERM');
  await engine.start({ liveRestore: false });
  await until(async () => (await state(ready.id)) === 'crashed', 'the loss to be told', 20);
  const crashed = await bench.context.store.sessions.get(ready.id);
  expect(crashed?.reason).toMatchObject({ code: 'lost', advice: expect.stringContaining('Begin the lab again') });
  await until(async () => (await bench.context.store.log.list(ready.id)).some(({ kind }) => kind === 'crashed'), 'the log');
  const again = await startLab(bench.context, bench.learner, lab);
  expect(again.session).toMatchObject({ id: ready.id, epoch: 2 });
  const containers = async () =>
    (await engine.docker().listContainers({ all: true })).filter(({ Names }) => Names.join().includes(`${ready.instance}`));
  await until(async () => (await containers()).length === 0, 'what is left of it to go', 30);
});
