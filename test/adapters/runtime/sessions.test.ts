import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLab } from '#runtime/check-lab.ts';
import { endLab } from '#runtime/end-lab.ts';
import { Problem } from '#runtime/problem.ts';
import { keepReconciled, reconcile } from '#runtime/reconcile.ts';
import { resetLab, startLab } from '#runtime/start-lab.ts';
import { json } from '../../fakes/engine/api-server.ts';
import { type Workbench, workbench } from './context.ts';

const lab = '04-state-inside';
const limit = () => AbortSignal.timeout(30_000);

const tick = () => new Promise((resolve) => setImmediate(resolve));

let bench: Workbench;
beforeEach(async () => {
  bench = await workbench();
});
afterEach(() => bench.close());

test('a lab is made, and ending it leaves nothing', async () => {
  const { session, created } = await startLab(bench.context, bench.learner, lab);
  expect(created).toBe(true);
  await bench.reaches(session.id, 'ready');
  expect(bench.lab.engine.everything().length).toBeGreaterThan(4);
  const ready = await bench.reaches(session.id, 'ready');
  await endLab(bench.context, ready);
  await bench.reaches(session.id, 'ended');
  expect(bench.lab.engine.everything()).toEqual([]);
  expect(await bench.context.store.instances.list()).toEqual([]);
});

test('scenario 10: twenty starts at once are one lab', async () => {
  const starts = await Promise.all(Array.from({ length: 20 }, () => startLab(bench.context, bench.learner, lab)));
  expect(starts.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(starts.map(({ session }) => session.id)).size).toBe(1);
  await bench.reaches(starts[0]?.session.id ?? '', 'ready');
  expect([...bench.lab.engine.containers.keys()].filter((name) => name.endsWith('control-plane'))).toHaveLength(1);
});

test('an engine that goes away in the middle of a start is told, and the next try works', async () => {
  bench.lab.engine.fault = { at: 30, how: 'lost' };
  const { session } = await startLab(bench.context, bench.learner, lab);
  const failed = await bench.reaches(session.id, 'failed');
  expect(failed.reason?.message).toMatch(/engine/i);
  const phases = await bench.context.store.phases.list(session.id, failed.epoch);
  expect(phases.filter((phase) => phase.state === 'failed')).toHaveLength(1);
  bench.lab.engine.fault = null;
  const again = await startLab(bench.context, bench.learner, lab);
  expect(again.session).toMatchObject({ id: session.id, epoch: failed.epoch + 1 });
  await bench.reaches(session.id, 'ready');
});

test('an end in the middle of a start wins', async () => {
  bench.lab.engine.fault = { at: 25, how: 'hangs' };
  const { session } = await startLab(bench.context, bench.learner, lab);
  const starting = await bench.reaches(session.id, 'starting');
  await endLab(bench.context, starting);
  await bench.reaches(session.id, 'ended');
  expect(bench.lab.engine.everything()).toEqual([]);
});

test('scenario 11: a start while the lab of before is being removed waits for that, and is another lab', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  await endLab(bench.context, ready);
  const starts = await Promise.all(Array.from({ length: 5 }, () => startLab(bench.context, bench.learner, lab)));
  const [again] = starts;
  expect(new Set(starts.map((one) => one.session.id)).size).toBe(1);
  expect(again?.session.id).not.toBe(ready.id);
  const after = await bench.reaches(again?.session.id ?? '', 'ready');
  expect(after.instance).not.toBe(ready.instance);
  expect([...bench.lab.engine.containers.keys()].filter((name) => name.includes(`${ready.instance}`))).toEqual([]);
});

test('a reset makes the containers anew, in the next epoch', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  const before = bench.lab.engine.containers.get(`slipway-${ready.instance}-control-plane`)?.Id;
  await resetLab(bench.context, ready);
  const after = await bench.reaches(session.id, 'ready');
  expect(after.epoch).toBe(2);
  const node = bench.lab.engine.containers.get(`slipway-${after.instance}-control-plane`);
  expect(node?.Id).not.toBe(before);
  expect(node?.Body.Labels?.['slipway.epoch']).toBe('2');
});

test('scenario 37: a reset asks nothing of the API that its learner broke, and a check says that it could not look', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  const { api, engine } = bench.lab;
  const whole = api.answer;
  api.answer = (_request, response) => json(response, { kind: 'Status', message: 'failed calling webhook "all.example"' }, 500);
  const results = await checkLab(bench.context, ready, undefined);
  expect(new Set(results.map(({ verdict }) => verdict.status))).toEqual(new Set(['cannot-check']));
  engine.calls.length = 0;
  await resetLab(bench.context, ready);
  // Other containers, another API.
  while (!engine.calls.includes('POST /containers/create')) await tick();
  api.answer = whole;
  expect(await bench.reaches(session.id, 'ready')).toMatchObject({ epoch: 2 });
});

test('after a reboot a half-made lab is finished and one that was ending is gone', async () => {
  bench.lab.engine.fault = { at: 40, how: 'hangs' };
  const { session } = await startLab(bench.context, bench.learner, lab);
  await bench.reaches(session.id, 'starting');
  await bench.reboot();
  bench.lab.engine.fault = null;
  expect((await bench.context.store.sessions.get(session.id))?.state).toBe('starting');
  await reconcile(bench.context, limit());
  const ready = await bench.reaches(session.id, 'ready');
  await bench.context.store.sessions.move(ready.id, 'end');
  await bench.reboot();
  await reconcile(bench.context, limit());
  await bench.reaches(session.id, 'ended');
  expect(bench.lab.engine.everything()).toEqual([]);
});

test('a check from before a reset does not keep the lab of before in view', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const before = await bench.reaches(session.id, 'ready');
  await resetLab(bench.context, before);
  await bench.reaches(session.id, 'ready');
  const access = (await bench.context.watches.get(session.id))?.access ?? null;
  await bench.context.watches.end(session.id);
  // It had found its lab just before the reset.
  const late = { ...bench.context, provider: { ...bench.context.provider, open: async () => access } };
  await expect(checkLab(late, before, undefined)).rejects.toMatchObject({ status: 409 });
  expect(bench.context.watches.get(session.id)).toBeUndefined();
});

test('a watch of a lab before its reset gives way to the one after it, never the other way', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const before = await bench.reaches(session.id, 'ready');
  const old = await bench.context.watches.get(session.id);
  if (old === undefined) throw new Error('it is not watched');
  const after = { ...before, epoch: before.epoch + 1 };
  const renewed = await bench.context.watches.begin(after, old.access);
  expect(renewed).not.toBe(old);
  expect(await bench.context.watches.begin(after, old.access)).toBe(renewed);
  await expect(bench.context.watches.begin(before, old.access)).rejects.toMatchObject({ status: 409 });
});

test('checks without end are refused after a while, with when to try again', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  const pressed = Array.from({ length: 30 }, (_, count) => checkLab(bench.context, ready, undefined, { none: `${count}` }));
  const reasons = (await Promise.allSettled(pressed)).map((one) => (one.status === 'rejected' ? one.reason : null));
  const refused = reasons.filter((reason) => reason instanceof Problem && reason.status === 429);
  expect(refused).toHaveLength(10);
  expect(refused[0]).toMatchObject({ retryAfter: 2 });
});

test('scenario 6: a lab whose node was removed by hand while nobody told is declared lost, with the next step', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  bench.lab.engine.containers.delete(`slipway-${ready.instance}-control-plane`);
  await reconcile(bench.context, limit());
  const crashed = await bench.reaches(session.id, 'crashed');
  expect(crashed.reason).toMatchObject({ code: 'lost', advice: expect.stringContaining('Begin the lab again') });
});

test('scenario 27: containers of ours without a row are removed; what is not labelled as ours is never touched', async () => {
  const docker = bench.lab.engine.docker();
  bench.lab.engine.images.add('x:1');
  const labels = (instance: string) => ({
    'slipway.instance': instance,
    'slipway.lab': 'orphan',
    'slipway.epoch': '1',
    'slipway.part': 'node',
  });
  await docker.createContainer({ name: 'slipway-orphan-control-plane', Image: 'x:1', Labels: labels('test-here') });
  await docker.createContainer({ name: 'slipway-other-control-plane', Image: 'x:1', Labels: labels('somebody-else') });
  await docker.createContainer({ name: 'slipway-alike-control-plane', Image: 'x:1' });
  await reconcile(bench.context, limit());
  expect(bench.lab.engine.everything()).toEqual(['slipway-alike-control-plane', 'slipway-other-control-plane']);
});

test('twenty starts of a lab that failed are one new try', async () => {
  bench.lab.engine.fault = { at: 30, how: 'lost' };
  const { session } = await startLab(bench.context, bench.learner, lab);
  await bench.reaches(session.id, 'failed');
  bench.lab.engine.fault = null;
  const tries = await Promise.all(Array.from({ length: 20 }, () => startLab(bench.context, bench.learner, lab)));
  expect(tries.map(({ session }) => session.epoch)).toEqual(Array(20).fill(2));
  await bench.reaches(session.id, 'ready');
});

test('a lab that becomes ready while labs are being compared is left alone', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const { store } = bench.context;
  const listed = await store.sessions.listLive();
  expect(listed[0]?.state).toBe('starting');
  const ready = await bench.reaches(session.id, 'ready');
  const node = () => bench.lab.engine.containers.get(`slipway-${ready.instance}-control-plane`)?.Id;
  const before = node();
  const stale = { ...store, sessions: { ...store.sessions, listLive: async () => listed } };
  await reconcile({ ...bench.context, store: stale }, limit());
  expect(node()).toBe(before);
  expect((await store.sessions.get(session.id))?.state).toBe('ready');
});

test('a session that cannot be mended does not keep the others from it', async () => {
  const { store } = bench.context;
  const other = await store.people.create({ name: 'Other', roles: ['learner'] });
  const gone = await store.sessions.begin({ person: other.id, lab: '99-gone', labVersion: 'v' });
  await store.sessions.admit(gone.session.id);
  await store.sessions.move(gone.session.id, 'ready');
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  await store.sessions.move(ready.id, 'end');
  await bench.reboot();
  await reconcile(bench.context, limit());
  await bench.reaches(session.id, 'ended');
});

test('scenario 5: a command that runs out of memory is no loss of the lab, a node that stops is', async () => {
  const { session } = await startLab(bench.context, bench.learner, lab);
  const ready = await bench.reaches(session.id, 'ready');
  const stop = new AbortController();
  const keeping = keepReconciled(bench.context, stop.signal);
  const { calls } = bench.lab.engine;
  while (!calls.includes('GET /events')) await tick();
  const before = calls.length;
  bench.lab.engine.emit(`slipway-${ready.instance}-toolbox`, 'oom');
  while (calls.length === before) await tick();
  for (let looked = false; !looked; await tick()) {
    await bench.context.jobs.runIfIdle(session.id, async () => {
      looked = true;
    });
  }
  expect((await bench.context.store.sessions.get(session.id))?.state).toBe('ready');
  const node = bench.lab.engine.containers.get(`slipway-${ready.instance}-control-plane`);
  if (node) node.State = 'exited';
  bench.lab.engine.emit(`slipway-${ready.instance}-control-plane`, 'die');
  const crashed = await bench.reaches(session.id, 'crashed');
  expect(crashed.reason?.message).toBe('A part of this lab (node) stopped.');
  stop.abort();
  await keeping;
});
