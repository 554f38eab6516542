import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLab } from '#runtime/check-lab.ts';
import { endLab } from '#runtime/end-lab.ts';
import { pauseForStop, pauseLab } from '#runtime/pause-lab.ts';
import { keepReconciled, reconcile } from '#runtime/reconcile.ts';
import { comeBack, resumeLab } from '#runtime/resume-lab.ts';
import { resetLab, startLab } from '#runtime/start-lab.ts';
import { closeWithLab } from '#server/terminal-access.ts';
import type { LabSession } from '#store/port.ts';
import { until } from '../observe/stepped-clock.ts';
import { type Workbench, workbench } from './context.ts';

const lab = '04-state-inside';
const limit = () => AbortSignal.timeout(30_000);

let bench: Workbench;
beforeEach(async () => {
  bench = await workbench();
});
afterEach(() => bench.close());

const states = () => new Set([...bench.lab.engine.containers.values()].map(({ State }) => State));
const areAll = (state: string) => states().size === 1 && states().has(state as 'running');
const row = (id: string) => bench.context.store.sessions.get(id);
const log = async (id: string) => (await bench.context.store.log.list(id)).map(({ kind }) => kind);
const part = (session: LabSession, name: string) => {
  const found = bench.lab.engine.containers.get(`slipway-${session.instance}-${name}`);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

async function aReadyLab(): Promise<LabSession> {
  const { session } = await startLab(bench.context, bench.learner, lab);
  return await bench.reaches(session.id, 'ready');
}

async function aPausedLab(): Promise<LabSession> {
  const paused = await pauseLab(bench.context, await aReadyLab());
  await until('the pause', () => areAll('paused') && !bench.context.jobs.isBusy(paused.id));
  return paused;
}

test('a paused lab stands still and is not watched; resumed it goes on and is watched again', async () => {
  const paused = await aPausedLab();
  expect(paused).toMatchObject({ state: 'paused', reason: { code: 'paused-by-learner' } });
  expect(bench.context.watches.get(paused.id)).toBeUndefined();
  await resumeLab(bench.context, paused);
  const ready = await bench.reaches(paused.id, 'ready');
  expect(ready).toMatchObject({ epoch: paused.epoch, instance: paused.instance, reason: null });
  expect(areAll('running')).toBe(true);
  expect(bench.context.watches.get(paused.id)).toBeDefined();
  await until('the log', async () => (await log(paused.id)).length === 4);
  expect(await log(paused.id)).toEqual(['started', 'ready', 'paused', 'resumed']);
});

test('pausing twice and resuming twenty times at once are one pause and one resume', async () => {
  const ready = await aReadyLab();
  const pauses = await Promise.allSettled([pauseLab(bench.context, ready), pauseLab(bench.context, ready)]);
  expect(pauses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await until('the pause', () => areAll('paused') && !bench.context.jobs.isBusy(ready.id));
  const paused = await bench.reaches(ready.id, 'paused');
  await Promise.all(Array.from({ length: 20 }, () => resumeLab(bench.context, paused)));
  await bench.reaches(ready.id, 'ready');
  await until('the log', async () => (await log(ready.id)).includes('resumed'));
  expect((await log(ready.id)).filter((kind) => kind === 'resumed')).toHaveLength(1);
  expect(bench.errors).toEqual([]);
});

test('a lab that was paused because the site stops goes on with its page; one that its learner paused does not', async () => {
  const ready = await aReadyLab();
  await pauseForStop(bench.context, 30_000);
  expect(areAll('paused')).toBe(true);
  const stopped = await bench.reaches(ready.id, 'paused');
  expect(stopped.reason).toMatchObject({ code: 'site-stopped' });
  await comeBack(bench.context, stopped);
  await until('the lab to be whole', async () => areAll('running') && !bench.context.jobs.isBusy(ready.id));
  const again = await bench.reaches(ready.id, 'ready');
  await pauseLab(bench.context, again);
  await until('the pause', () => areAll('paused') && !bench.context.jobs.isBusy(ready.id));
  await comeBack(bench.context, await bench.reaches(ready.id, 'paused'));
  expect(bench.context.jobs.isBusy(ready.id)).toBe(false);
  expect(areAll('paused')).toBe(true);
});

test('a site that stops does not wait for an engine that hangs', async () => {
  const ready = await aReadyLab();
  bench.lab.engine.fault = { at: 1, how: 'hangs' };
  await pauseForStop(bench.context, 100);
  expect(await row(ready.id)).toMatchObject({ state: 'paused', reason: { code: 'site-stopped' } });
});

test('a check of a paused lab is refused, with what to do', async () => {
  await expect(checkLab(bench.context, await aPausedLab(), undefined)).rejects.toMatchObject({
    status: 409,
    message: 'The lab is paused.',
    advice: expect.stringContaining('Resume'),
  });
});

test('a lab is not paused in the middle of a check', async () => {
  const ready = await aReadyLab();
  const checking = checkLab(bench.context, ready, undefined);
  await until('the check', async () => ((await bench.context.watches.get(ready.id))?.checking.size ?? 0) > 0);
  await expect(pauseLab(bench.context, ready)).rejects.toMatchObject({ status: 409, code: 'checking' });
  await checking;
  expect(await pauseLab(bench.context, ready)).toMatchObject({ state: 'paused' });
});

test('starting a paused lab resumes it', async () => {
  const paused = await aPausedLab();
  expect((await startLab(bench.context, bench.learner, lab)).session.id).toBe(paused.id);
  expect(await bench.reaches(paused.id, 'ready')).toMatchObject({ epoch: paused.epoch });
});

test('terminals of a lab close with the reason: when it is paused, and when it is gone', async () => {
  const closed: string[] = [];
  closeWithLab({ context: bench.context } as Parameters<typeof closeWithLab>[0], {
    closeFor: async (_id, reason) => void closed.push(reason),
  });
  const paused = await aPausedLab();
  expect(closed).toEqual(['gone', 'paused']); // The start itself has no terminals yet.
  await endLab(bench.context, paused);
  await bench.reaches(paused.id, 'ended');
  expect(closed.slice(2)).toEqual(['gone', 'gone']);
});

test('a paused lab can be reset and ended', async () => {
  const paused = await aPausedLab();
  await resetLab(bench.context, paused);
  const ready = await bench.reaches(paused.id, 'ready');
  expect(ready.epoch).toBe(2);
  expect(areAll('running')).toBe(true);
  await pauseLab(bench.context, ready);
  await endLab(bench.context, await bench.reaches(paused.id, 'paused'));
  await bench.reaches(paused.id, 'ended');
  expect(bench.lab.engine.everything()).toEqual([]);
});

test('a lab whose server died between row and containers is frozen at the next start', async () => {
  const ready = await aReadyLab();
  await bench.context.store.sessions.move(ready.id, 'pause');
  await bench.reboot();
  await reconcile(bench.context, limit());
  expect(areAll('paused')).toBe(true);
  expect((await row(ready.id))?.state).toBe('paused');
});

test('a resume whose server died in the middle is taken up at the next start', async () => {
  const paused = await aPausedLab();
  bench.lab.engine.fault = { at: 6, how: 'hangs' };
  await resumeLab(bench.context, paused);
  await until('the resume to hang', () => bench.context.jobs.isBusy(paused.id));
  await bench.reboot();
  bench.lab.engine.fault = null;
  expect((await row(paused.id))?.state).toBe('paused');
  await reconcile(bench.context, limit());
  await bench.reaches(paused.id, 'ready');
  expect(areAll('running')).toBe(true);
});

test('a part that is paused by hand goes on at once, and one that is resumed by hand is paused again', async () => {
  const ready = await aReadyLab();
  const stop = new AbortController();
  const keeping = keepReconciled(bench.context, stop.signal);
  const { engine } = bench.lab;
  await until('events to be followed', () => engine.calls.includes('GET /events'));
  part(ready, 'toolbox').State = 'paused';
  engine.emit(`slipway-${ready.instance}-toolbox`, 'pause');
  await until('the toolbox to go on', () => areAll('running'));
  await until('the log', async () => (await log(ready.id)).includes('mended'));
  await pauseLab(bench.context, ready);
  await until('the pause', () => areAll('paused') && !bench.context.jobs.isBusy(ready.id));
  part(ready, 'control-plane').State = 'running';
  engine.emit(`slipway-${ready.instance}-control-plane`, 'unpause');
  await until('the node to stand still', () => areAll('paused'));
  stop.abort();
  await keeping;
});

test.each(['reconciled', 'resumed'] as const)('a paused lab whose containers are gone is lost when it is %s', async (how) => {
  const paused = await aPausedLab();
  bench.lab.engine.containers.delete(part(paused, 'control-plane').Name);
  if (how === 'reconciled') await reconcile(bench.context, limit());
  else expect(await resumeLab(bench.context, paused)).toMatchObject({ state: 'crashed' });
  expect(await row(paused.id)).toMatchObject({
    state: 'crashed',
    reason: { code: 'lost', advice: expect.stringContaining('Begin the lab again') },
  });
  await startLab(bench.context, bench.learner, lab);
  expect((await bench.reaches(paused.id, 'ready')).epoch).toBe(2);
});

test('a paused lab whose container stops is lost as soon as the engine says so', async () => {
  const paused = await aPausedLab();
  const stop = new AbortController();
  const keeping = keepReconciled(bench.context, stop.signal);
  await until('events to be followed', () => bench.lab.engine.calls.includes('GET /events'));
  const node = part(paused, 'control-plane');
  node.State = 'exited';
  bench.lab.engine.emit(node.Name, 'die');
  await bench.reaches(paused.id, 'crashed');
  stop.abort();
  await keeping;
});

test('a resume that the engine refuses says why, and leaves the lab paused for another try', async () => {
  const paused = await aPausedLab();
  bench.lab.engine.fault = { at: 3, how: 'lost' };
  await resumeLab(bench.context, paused);
  await until('the refusal', async () => (await bench.context.store.phases.list(paused.id, -paused.epoch))[0]?.state === 'failed');
  await until('the pause', () => areAll('paused') && !bench.context.jobs.isBusy(paused.id));
  expect((await row(paused.id))?.state).toBe('paused');
  bench.lab.engine.fault = null;
  await resumeLab(bench.context, paused);
  await bench.reaches(paused.id, 'ready');
});

test('how long a resume takes is remembered, and the phases of the start stay as they were', async () => {
  const paused = await aPausedLab();
  const start = await bench.context.store.phases.list(paused.id, paused.epoch);
  await resumeLab(bench.context, paused);
  await bench.reaches(paused.id, 'ready');
  expect((await bench.context.store.phases.estimates(lab))['resume']).toMatchObject({ p50: expect.any(Number) });
  expect(await bench.context.store.phases.list(paused.id, paused.epoch)).toEqual(start);
});
