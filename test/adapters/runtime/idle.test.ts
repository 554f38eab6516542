import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLab } from '#runtime/check-lab.ts';
import { extendLab, stayInLab } from '#runtime/extend-lab.ts';
import type { SessionEvent } from '#runtime/hub.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { resumeLab } from '#runtime/resume-lab.ts';
import { startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { json } from '../../fakes/engine/api-server.ts';
import { until } from '../observe/stepped-clock.ts';
import { type Workbench, workbench } from './context.ts';

const minute = 60_000;
const hour = 60 * minute;

/** The real time, and what was stepped on top of it. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead, after: () => () => {} };

let bench: Workbench;
let told: Extract<SessionEvent, { type: 'idle' }>['data'][];
beforeEach(async () => {
  ahead = 0;
  bench = await workbench({ clock });
  told = [];
  bench.context.hub.follow((_session, event) => {
    if (event.type === 'idle') told.push(event.data);
  });
});
afterEach(() => bench.close());

async function later(milliseconds: number): Promise<void> {
  ahead += milliseconds;
  await bench.context.idle.look();
}

async function aReadyLab(): Promise<LabSession> {
  const { session } = await startLab(bench.context, bench.learner, '04-state-inside');
  return await bench.reaches(session.id, 'ready');
}

const state = async (id: string) => (await bench.context.store.sessions.get(id))?.state;

test('scenario 39: a lab in which nobody does anything is warned of after 15 minutes and paused after 20', async () => {
  const { id } = await aReadyLab();
  await later(14 * minute);
  expect(told).toEqual([]);
  await later(1.5 * minute);
  expect(told).toHaveLength(1);
  expect(Date.parse(told[0]?.pausesAt ?? '') - clock.now()).toBeGreaterThan(4 * minute);
  expect(bench.context.idle.pausesAt(id)).toBe(told[0]?.pausesAt);
  await later(4 * minute);
  expect(await state(id)).toBe('ready');
  await later(minute);
  const paused = await bench.reaches(id, 'paused');
  expect(paused.reason).toMatchObject({
    code: 'paused-idle',
    message: expect.stringMatching(/^Nothing was done in this lab for 2\d minutes/),
  });
  expect(bench.context.idle.pausesAt(id)).toBeNull();
});

test('an open page alone does not keep a lab from being paused', async () => {
  const { id } = await aReadyLab();
  bench.context.hub.subscribe(id, () => {});
  await later(16 * minute);
  await later(5 * minute);
  await bench.reaches(id, 'paused');
});

test('whoever says that they stay has as long again, and the warning is taken back at once', async () => {
  const ready = await aReadyLab();
  await later(16 * minute);
  expect(told).toHaveLength(1);
  await stayInLab(bench.context, ready);
  expect(told.at(-1)).toEqual({ pausesAt: null });
  await later(14 * minute);
  expect(await state(ready.id)).toBe('ready');
  await later(2 * minute);
  expect(told).toHaveLength(3);
});

test('a lab that was asked to be kept for an hour is warned of and paused only at its end', async () => {
  const ready = await aReadyLab();
  const kept = await extendLab(bench.context, ready);
  expect(Date.parse(kept.keepUntil ?? '') - Date.now()).toBeGreaterThan(59 * minute);
  await later(54 * minute);
  expect(told).toEqual([]);
  await later(2 * minute);
  expect(told).toHaveLength(1);
  await later(5 * minute);
  await bench.reaches(ready.id, 'paused');
});

test('scenario 26: after a night in which nobody looked a lab is warned of before it is paused', async () => {
  const { id } = await aReadyLab();
  await later(8 * hour);
  expect(await state(id)).toBe('ready');
  expect(Date.parse(told[0]?.pausesAt ?? '') - clock.now()).toBeGreaterThan(4 * minute);
  await later(6 * minute);
  await bench.reaches(id, 'paused');
});

test('scenario 38: a lab that stood still for twelve hours goes on, and is not idle at once', async () => {
  const paused = await pauseLab(bench.context, await aReadyLab());
  await until('the pause', () => !bench.context.jobs.isBusy(paused.id));
  await later(12 * hour);
  await resumeLab(bench.context, paused);
  const ready = await bench.reaches(paused.id, 'ready');
  expect(ready).toMatchObject({ epoch: paused.epoch, instance: paused.instance });
  expect((await bench.context.store.log.list(ready.id)).at(-1)?.text).toContain('12 hours');
  await later(10 * minute);
  expect(told).toEqual([]);
  expect(await state(ready.id)).toBe('ready');
});

test('a lab that is being checked is not paused, and the check counts as something done', async () => {
  const ready = await aReadyLab();
  await later(16 * minute);
  const checking = checkLab(bench.context, ready, undefined);
  await until('the check', async () => ((await bench.context.watches.get(ready.id))?.checking.size ?? 0) > 0);
  await later(5 * minute);
  expect(await state(ready.id)).toBe('ready');
  await checking;
  await later(14 * minute);
  expect(await state(ready.id)).toBe('ready');
  await later(2 * minute);
  await later(5 * minute);
  await bench.reaches(ready.id, 'paused');
});

test('a lab that was left paused for 7 days is ended, and its learner is told', async () => {
  const paused = await pauseLab(bench.context, await aReadyLab());
  await later(6.9 * 24 * hour);
  expect(await state(paused.id)).toBe('paused');
  await later(0.2 * 24 * hour);
  const ended = await bench.reaches(paused.id, 'ended');
  expect(ended.reason).toMatchObject({ code: 'left-paused', message: expect.stringContaining('7 days') });
  expect(bench.lab.engine.everything()).toEqual([]);
  expect((await bench.context.store.log.list(paused.id)).at(-1)?.text).toContain('paused for 7 days');
});

test('whoever works in a terminal of their own is seen by what they change', async () => {
  const { id } = await aReadyLab();
  const change = new Date(clock.now() + 10 * minute).toISOString();
  bench.lab.api.answer = (request, response) => {
    const path = new URL(request.url ?? '', 'http://api').pathname;
    const written = (manager: string, time: string) => ({ metadata: { managedFields: [{ manager, time }] } });
    if (path === '/apis') return json(response, { groups: [{ name: 'apps', preferredVersion: { groupVersion: 'apps/v1' } }] });
    if (path === '/api/v1') return json(response, { resources: [] });
    if (path === '/apis/apps/v1') return json(response, { resources: [{ name: 'deployments', kind: 'Deployment', verbs: ['list'] }] });
    const late = new Date(clock.now() + hour).toISOString();
    const items = [written('kubectl-client-side-apply', change), written('kube-controller-manager', late)];
    return json(response, path === '/apis/apps/v1/deployments' ? { items } : {});
  };
  await later(16 * minute);
  expect(told).toEqual([]);
  await later(14 * minute);
  expect(told).toEqual([]);
  await later(2 * minute);
  expect(told).toHaveLength(1);
  await later(6 * minute);
  await bench.reaches(id, 'paused');
});

test('an operator may turn it off', async () => {
  const { id } = await aReadyLab();
  bench.context.settings.idleMinutes = 0;
  await later(30 * hour);
  await later(hour);
  expect(told).toEqual([]);
  expect(await state(id)).toBe('ready');
});
