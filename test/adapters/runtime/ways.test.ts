import { afterEach, beforeEach, expect, test } from 'vitest';
import { endLab } from '#runtime/end-lab.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { keepReconciled, reconcile } from '#runtime/reconcile.ts';
import { resetLab, startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { until } from '../observe/stepped-clock.ts';
import { type Workbench, workbench } from './context.ts';

const lab = '04-state-inside';
const limit = () => AbortSignal.timeout(30_000);
const minute = 60_000;

let ahead = 0;
const clock = { now: () => Date.now() + ahead, after: () => () => {} };
let load = 0;

let bench: Workbench;
beforeEach(async () => {
  ahead = 0;
  load = 0;
  bench = await workbench({ clock, poolMiB: 1000, load: () => load });
});
afterEach(async () => {
  expect(bench.errors).toEqual([]);
  await bench.close();
});

const spares = async () => (await bench.context.store.instances.list()).filter(({ intent }) => intent === 'spare');
const look = () => bench.context.pool.look(limit());
const lastLine = async (id: string) => (await bench.context.store.log.list(id)).at(-1)?.text;
const containers = (instance: string | null) =>
  [...bench.lab.engine.containers.values()].filter(({ Name }) => Name.includes(`${instance}`));
const phases = async ({ id, epoch }: LabSession) => (await bench.context.store.phases.list(id, epoch)).map((phase) => phase.id);

async function oneSpare(): Promise<string> {
  await look();
  const [spare] = await spares();
  if (spare?.readyAt == null) throw new Error('no spare stands ready');
  return spare.id;
}

async function start(person = bench.learner): Promise<LabSession> {
  const { session } = await startLab(bench.context, person, lab);
  return await bench.reaches(session.id, 'ready');
}

/** Nobody has typed or started anything for a while. */
async function quiet(): Promise<void> {
  ahead += minute;
  await look();
}

test('on a fresh site the first lab of the course is made ahead, and stands still', async () => {
  const spare = await oneSpare();
  expect(containers(spare).length).toBeGreaterThan(2);
  expect(new Set(containers(spare).map(({ State }) => State))).toEqual(new Set(['paused']));
  expect(await bench.context.pool.state()).toMatchObject({
    budgetBytes: 1000 * 1024 ** 2,
    usedBytes: 800 * 1024 ** 2,
    labs: [{ lab, ready: 1, making: 0, wanted: 1 }],
  });
});

test('a learner gets the lab that stands ready, by one phase, and the log says so', async () => {
  const spare = await oneSpare();
  const made = bench.lab.engine.calls.filter((call) => call === 'POST /containers/create').length;
  const ready = await start();
  expect(ready).toMatchObject({ instance: spare, way: 'warm', epoch: 1 });
  expect(new Set(containers(spare).map(({ State }) => State))).toEqual(new Set(['running']));
  expect(bench.lab.engine.calls.filter((call) => call === 'POST /containers/create')).toHaveLength(made);
  expect(await phases(ready)).toEqual(['claim']);
  expect(bench.context.watches.get(ready.id)).toBeDefined();
  await until('the log', async () =>
    /^The lab was ready after \d\.\d s \(from those that stood ready\)\.$/.test((await lastLine(ready.id)) ?? ''),
  );
  expect(await bench.context.store.measures.of(lab)).toMatchObject({ 'start-warm': { count: 1 } });
});

test('of two learners one gets the spare, the other a lab of their own', async () => {
  const spare = await oneSpare();
  const other = await bench.context.store.people.create({ name: 'Other', roles: ['learner'] });
  const both = await Promise.all([start(), start(other)]);
  expect(both.map(({ way }) => way).toSorted()).toEqual(['cold', 'warm']);
  expect(new Set(both.map(({ instance }) => instance)).size).toBe(2);
  expect(both.map(({ instance }) => instance)).toContain(spare);
});

test('a reset takes a spare at once; what it leaves behind goes while nobody waits', async () => {
  const before = await start();
  expect(before.way).toBe('cold');
  await quiet();
  const [spare] = await spares();
  await resetLab(bench.context, before);
  const after = await bench.reaches(before.id, 'ready');
  expect(after).toMatchObject({ instance: spare?.id, way: 'warm', epoch: 2, instanceEpoch: 1 });
  await until('the old containers to go', () => containers(before.instance).length === 0);
  await until('their row to go', async () => (await bench.context.store.instances.get(before.instance ?? '')) === null);
  // Once more, without a spare.
  await resetLab(bench.context, after);
  const again = await bench.reaches(before.id, 'ready');
  expect(again).toMatchObject({ way: 'cold', epoch: 3, instanceEpoch: 3 });
  await endLab(bench.context, again);
  await bench.reaches(before.id, 'ended');
  await until('all to be gone', () => bench.lab.engine.everything().length === 0);
});

test('without a spare the lab of before is removed while the next is being made', async () => {
  const before = await start();
  const doomed = containers(before.instance).length;
  bench.lab.engine.fault = { at: 60, how: 'hangs' };
  await resetLab(bench.context, before);
  await until('the old containers to go', () => containers(before.instance).length < doomed);
  expect((await bench.context.store.sessions.get(before.id))?.state).toBe('starting');
  bench.lab.engine.fault = null;
  await endLab(bench.context, await bench.reaches(before.id, 'starting', 'ready', 'failed'));
  await bench.reaches(before.id, 'ended');
  await until('all to be gone', () => bench.lab.engine.everything().length === 0);
});

test('a claimed lab can be paused, and a reset of a paused one takes another spare', async () => {
  await oneSpare();
  const ready = await start();
  await pauseLab(bench.context, ready);
  await until('the pause', () => !bench.context.jobs.isBusy(ready.id));
  await quiet();
  const [spare] = await spares();
  await resetLab(bench.context, await bench.reaches(ready.id, 'paused'));
  expect(await bench.reaches(ready.id, 'ready')).toMatchObject({ instance: spare?.id, way: 'warm', epoch: 2 });
});

test('a spare whose containers are gone is no obstacle: the learner gets a lab made from nothing', async () => {
  const spare = await oneSpare();
  for (const { Name } of containers(spare)) bench.lab.engine.containers.delete(Name);
  const ready = await start();
  expect(ready).toMatchObject({ way: 'cold' });
  expect(ready.instance).not.toBe(spare);
  expect(await phases(ready)).not.toContain('claim');
  await reconcile(bench.context, limit());
  await until('its row to go', async () => (await bench.context.store.instances.get(spare)) === null);
});

test('a claim whose server died in the middle is taken up', async () => {
  const spare = await oneSpare();
  bench.lab.engine.fault = { at: 5, how: 'hangs' };
  const { session } = await startLab(bench.context, bench.learner, lab);
  await until('the claim to hang', () => bench.context.jobs.isBusy(session.id));
  await bench.reboot();
  bench.lab.engine.fault = null;
  expect(await bench.context.store.sessions.get(session.id)).toMatchObject({ state: 'starting', instance: spare, way: 'warm' });
  await reconcile(bench.context, limit());
  expect(await bench.reaches(session.id, 'ready')).toMatchObject({ instance: spare, way: 'warm' });
});

test('a claim whose server died, and whose containers are gone, becomes another lab', async () => {
  const spare = await oneSpare();
  const { session } = await bench.context.store.sessions.begin({
    person: bench.learner.id,
    lab,
    labVersion: bench.context.course.labs[lab]?.version ?? '',
  });
  await bench.context.store.sessions.claim(session.id);
  await bench.reboot();
  for (const { Name } of containers(spare)) bench.lab.engine.containers.delete(Name);
  await reconcile(bench.context, limit());
  expect(await bench.reaches(session.id, 'ready')).toMatchObject({ way: 'cold' });
});

test('a reset whose server died before it had containers gets them', async () => {
  const ready = await start();
  await bench.context.store.sessions.move(ready.id, 'reset');
  await bench.reboot();
  await reconcile(bench.context, limit());
  const again = await bench.reaches(ready.id, 'ready');
  expect(again).toMatchObject({ epoch: 2, instanceEpoch: 2, way: 'cold' });
  expect(again.instance).not.toBe(ready.instance);
  await until('the old containers to go', () => containers(ready.instance).length === 0);
});

test('spares are found again after a restart; one that was only half made is removed', async () => {
  const spare = await oneSpare();
  await bench.reboot();
  const half = await bench.context.store.instances.addSpare({ lab, labVersion: bench.context.course.labs[lab]?.version ?? '' });
  await reconcile(bench.context, limit());
  expect((await spares()).map(({ id }) => id)).toEqual([spare]);
  expect(await bench.context.store.instances.get(half.id)).toBeNull();
  expect(await start()).toMatchObject({ instance: spare, way: 'warm' });
});

test('a making that the server did not live to finish leaves nothing', async () => {
  bench.lab.engine.fault = { at: 30, how: 'hangs' };
  const stop = new AbortController();
  const looking = bench.context.pool.look(stop.signal);
  await until('the making', async () => (await spares()).length === 1 && bench.lab.engine.containers.size > 0);
  stop.abort();
  bench.lab.engine.fault = null;
  await looking;
  await bench.reboot();
  await reconcile(bench.context, limit());
  expect(bench.lab.engine.everything()).toEqual([]);
  expect(await bench.context.store.instances.list()).toEqual([]);
});

test('spares of another version, and of a lab that the course has no more, are removed', async () => {
  const { store } = bench.context;
  for (const stale of [
    { lab, labVersion: 'old' },
    { lab: 'gone', labVersion: 'v1' },
  ]) {
    await store.instances.spareReady((await store.instances.addSpare(stale)).id);
  }
  await reconcile(bench.context, limit());
  expect(await store.instances.list()).toEqual([]);
});

test('a spare that stops is removed; one that somebody lets run is frozen again', async () => {
  const stop = new AbortController();
  const keeping = keepReconciled(bench.context, stop.signal);
  const { engine } = bench.lab;
  await until('events to be followed', () => engine.calls.includes('GET /events'));
  const spare = await oneSpare();
  const node = engine.containers.get(`slipway-${spare}-control-plane`);
  if (node) node.State = 'exited';
  engine.emit(`slipway-${spare}-control-plane`, 'die');
  await until('it to be removed', async () => (await bench.context.store.instances.get(spare)) === null);
  expect(containers(spare)).toEqual([]);
  stop.abort();
  await keeping;
  const another = await oneSpare();
  const toolbox = engine.containers.get(`slipway-${another}-toolbox`);
  if (toolbox) toolbox.State = 'running';
  await reconcile(bench.context, limit());
  expect(toolbox?.State).toBe('paused');
  expect((await spares()).map(({ id }) => id)).toEqual([another]);
});

const unpauses = () => bench.lab.engine.calls.filter((call) => call.endsWith('/unpause')).length;
const beat = async () => await bench.context.pool.heartbeats.beat(await spares(), limit());

test('a spare is woken up for a moment every few seconds, so that its nodes are not taken for lost', async () => {
  const spare = await oneSpare();
  await beat();
  expect(unpauses()).toBe(0);
  ahead += 20_000;
  expect(await beat()).toEqual([]);
  expect(unpauses()).toBe(containers(spare).length);
  expect(new Set(containers(spare).map(({ State }) => State))).toEqual(new Set(['paused']));
  expect(await start()).toMatchObject({ instance: spare, way: 'warm' });
  ahead += 20_000;
  const before = bench.lab.engine.calls.length;
  await beat();
  expect(bench.lab.engine.calls.slice(before)).toEqual([]);
});

test('a spare that is claimed while it is awake stays awake', async () => {
  const spare = await oneSpare();
  ahead += 20_000;
  bench.lab.engine.fault = { at: 10, how: 'hangs' };
  const beating = beat();
  await until('the heartbeat', () => bench.context.pool.heartbeats.isAwake(spare));
  await until('it to be awake', () => unpauses() > 0);
  bench.lab.engine.fault = null;
  expect(await start()).toMatchObject({ instance: spare, way: 'warm' });
  await beating;
  expect(new Set(containers(spare).map(({ State }) => State))).toEqual(new Set(['running']));
});

test('a spare that does not come to itself is told of, and not the others', async () => {
  const spare = await oneSpare();
  ahead += 20_000;
  for (const { Name } of containers(spare)) bench.lab.engine.containers.delete(Name);
  expect((await beat()).map(({ id }) => id)).toEqual([spare]);
});

test('nothing is made ahead while somebody waits, has just typed, or the machine is busy', async () => {
  const ready = await start();
  await look();
  expect(await spares()).toEqual([]);
  ahead += minute;
  load = 64;
  await look();
  expect(await spares()).toEqual([]);
  load = 0;
  await bench.context.store.sessions.touch(ready.id);
  await look();
  expect(await spares()).toEqual([]);
  await quiet();
  expect(await spares()).toHaveLength(1);
});

test('a machine that others keep busy is no reason to wait for ever', async () => {
  load = 64;
  await look();
  expect(await spares()).toEqual([]);
  await quiet();
  expect(await spares()).toHaveLength(1);
});

test('what is being made ahead is given up when a learner’s lab has to be made', async () => {
  bench.lab.engine.fault = { at: 30, how: 'hangs' };
  const looking = look();
  await until('the making', async () => (await spares()).length === 1 && bench.lab.engine.containers.size > 0);
  bench.lab.engine.fault = null;
  const ready = await start();
  expect(ready.way).toBe('cold');
  await looking;
  await until('the half of a spare to go', async () => (await spares()).length === 0);
});

test('spares are given up for memory, as many as it takes', async () => {
  const spare = await oneSpare();
  expect(await bench.context.pool.giveUp(1)).toBe(800 * 1024 ** 2);
  expect(await spares()).toEqual([]);
  await until('its containers to go', () => containers(spare).length === 0);
  expect(await bench.context.pool.giveUp(1)).toBe(0);
});

test('a spare older than a day is replaced', async () => {
  const spare = await oneSpare();
  ahead += 25 * 60 * minute;
  await look();
  const now = await spares();
  expect(now).toHaveLength(1);
  expect(now[0]?.id).not.toBe(spare);
  expect(now[0]?.readyAt).not.toBeNull();
});

test('without a budget nothing is made ahead', async () => {
  await bench.close();
  bench = await workbench({ clock });
  await look();
  expect(bench.lab.engine.everything()).toEqual([]);
});

test('a lab that cannot be made ahead is not tried again at once', async () => {
  bench.lab.engine.fault = { at: 40, how: 'fails' };
  await look();
  bench.lab.engine.fault = null;
  expect(await spares()).toEqual([]);
  const calls = bench.lab.engine.calls.length;
  await look();
  expect(bench.lab.engine.calls.slice(calls)).not.toContain('POST /containers/create');
  ahead += 3 * minute;
  await look();
  expect(await spares()).toHaveLength(1);
});
