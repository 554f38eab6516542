import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterError } from '#cluster/port.ts';
import { startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { json } from '../../fakes/engine/api-server.ts';
import { until } from '../observe/stepped-clock.ts';
import { type Workbench, workbench } from './context.ts';

const lab = '04-state-inside';
const limit = () => AbortSignal.timeout(30_000);
const hour = 60 * 60_000;

let ahead = 0;
const clock = { now: () => Date.now() + ahead, after: () => () => {} };
let bench: Workbench;
beforeEach(async () => {
  ahead = 0;
  bench = await workbench({ clock, captures: 2 });
});
afterEach(async () => {
  expect(bench.errors).toEqual([]);
  await bench.close();
});

const look = () => bench.context.pool.look(limit());
const rows = () => bench.context.store.captures.list();
const phases = ({ id, epoch }: LabSession) => bench.context.store.phases.list(id, epoch);

async function start(): Promise<LabSession> {
  const { session } = await startLab(bench.context, bench.learner, lab);
  return await bench.reaches(session.id, 'ready');
}

test('a lab is captured while nobody is there, once it was seen to make labs that are alike; nothing else is left', async () => {
  await look();
  const [row] = await rows();
  expect(row).toMatchObject({ lab, state: 'good', bytes: 1_500_000_000, reason: null });
  expect(bench.captures.restored).toEqual([row?.key]);
  expect(bench.lab.engine.everything()).toEqual([]);
  expect(await bench.context.store.instances.list()).toEqual([]);
  await look();
  expect(bench.captures.restored).toHaveLength(1);
});

test('a learner’s lab is made from the capture, with phases and measures of that way', async () => {
  await look();
  const ready = await start();
  expect(ready.way).toBe('restored');
  const ids = (await phases(ready)).map(({ id }) => id);
  expect(ids[0]).toBe('container-images');
  expect(ids.slice(1).every((id) => id.startsWith('restored-'))).toBe(true);
  expect((await phases(ready)).every(({ state }) => state === 'done')).toBe(true);
  await until('the log', async () => /\(from its kept beginning\)/.test((await bench.context.store.log.list(ready.id)).at(-1)?.text ?? ''));
  expect((await rows())[0]?.usedAt).not.toBeNull();
});

test('a capture that fails is refused with its reason; the learner’s lab is made from nothing in the same start', async () => {
  await look();
  bench.captures.fault = new ClusterError('step-failed', 'etcd did not start.');
  const ready = await start();
  expect(ready.way).toBe('cold');
  expect((await phases(ready)).map(({ id, state }) => `${id} ${state}`)).toContain('container-images done');
  expect((await phases(ready)).every(({ id, state }) => state === 'done' && !id.startsWith('restored-'))).toBe(true);
  expect(await rows()).toMatchObject([{ state: 'refused', reason: 'etcd did not start.' }]);
});

test('an engine that is away is not the capture’s fault', async () => {
  await look();
  bench.captures.fault = new ClusterError('no-engine', 'The engine does not answer.');
  await start();
  expect(await rows()).toMatchObject([{ state: 'good' }]);
});

test('a capture that somebody removed is forgotten, and taken again', async () => {
  await look();
  bench.captures.kept.clear();
  expect((await start()).way).toBe('cold');
  expect(await rows()).toEqual([]);
  ahead += hour;
  await look();
  expect(await rows()).toMatchObject([{ state: 'good' }]);
});

test('a capture from which no lab can be made is refused, removed, and tried again after some hours', async () => {
  const { restore } = bench.captures;
  bench.captures.restore = async () => Promise.reject(new ClusterError('step-failed', 'The API server did not come up.'));
  await look();
  expect(await rows()).toMatchObject([{ state: 'refused', reason: 'The API server did not come up.' }]);
  expect(bench.captures.kept.size).toBe(0);
  expect(bench.lab.engine.everything()).toEqual([]);
  bench.captures.restore = restore;
  ahead += hour;
  await look();
  expect(await rows()).toMatchObject([{ state: 'refused' }]);
  ahead += 6 * hour;
  await look();
  expect(await rows()).toMatchObject([{ state: 'good' }]);
});

test('a capture is refused when a lab that was made from it lacks an object of the first', async () => {
  const { answer } = bench.lab.api;
  let looks = 0;
  let items = [
    { metadata: { name: 'menu', namespace: 'shop' } },
    { metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' } },
  ];
  bench.lab.api.answer = (request, response) => {
    if (request.url === '/api/v1') return json(response, { resources: [{ name: 'configmaps', kind: 'ConfigMap', verbs: ['list'] }] });
    if (request.url === '/api/v1/configmaps') {
      if (items.length === 0) looks += 1;
      return json(response, { items });
    }
    return answer(request, response);
  };
  const { restore } = bench.captures;
  bench.captures.restore = async (...asked) => {
    items = [];
    return await restore(...asked);
  };
  const looking = look();
  // It is given a minute to become what it should be.
  await until('two looks at the second lab', () => looks > 1);
  ahead += 2 * 60_000;
  await looking;
  expect(await rows()).toMatchObject([
    {
      state: 'refused',
      reason: 'A lab made from the capture was not like the one that was captured: main: configmaps shop/menu is not there.',
    },
  ]);
});

test('a capture whose server died in the middle is begun anew', async () => {
  const { store, course } = bench.context;
  await store.captures.begin({ key: 'half', lab, labVersion: course.labs[lab]?.version ?? '' });
  bench.captures.kept.set('half', { bytes: 1, createdAt: new Date().toISOString() });
  await look();
  expect(bench.captures.kept.has('half')).toBe(false);
  expect(await rows()).toMatchObject([{ lab, state: 'good' }]);
});

test('captures of another version, of other images, without a row, and rows without a capture are removed', async () => {
  await look();
  const { store, course } = bench.context;
  const labVersion = course.labs[lab]?.version ?? '';
  for (const [key, version] of [
    ['old', 'v0'],
    ['other-images', labVersion],
  ] as const) {
    await store.captures.begin({ key, lab, labVersion: version });
    await store.captures.set(key, { state: 'good' });
    bench.captures.kept.set(key, { bytes: 1, createdAt: '' });
  }
  bench.captures.kept.set('nobody’s', { bytes: 1, createdAt: '' });
  const [good] = await rows();
  await look();
  expect(await rows()).toMatchObject([{ key: good?.key }]);
  expect([...bench.captures.kept.keys()]).toEqual([good?.key]);
  bench.captures.kept.clear();
  await look();
  expect(await rows()).toMatchObject([{ key: good?.key, state: 'good' }]);
  expect(bench.captures.restored).toHaveLength(2);
});

test('a lab that cannot be captured is made from nothing, also ahead', async () => {
  await bench.close();
  bench = await workbench({ clock, captures: 2, poolMiB: 1000 });
  bench.captures.unfitBecause = 'It has several clusters.';
  await look();
  expect(await rows()).toEqual([]);
  expect(await bench.context.pool.state()).toMatchObject({ labs: [{ ready: 1 }], captures: [] });
});

test('the lab by which a capture was tried becomes a spare', async () => {
  await bench.close();
  bench = await workbench({ clock, captures: 2, poolMiB: 1000 });
  await look();
  expect(await bench.context.pool.state()).toMatchObject({
    labs: [{ lab, ready: 1, making: 0, wanted: 1 }],
    captures: [{ state: 'good' }],
  });
  expect((await start()).way).toBe('warm');
  ahead += hour;
  await look();
  expect(bench.captures.restored).toHaveLength(2);
});

test('a capture is cut off for a learner, and forgotten', async () => {
  bench.lab.engine.fault = { at: 30, how: 'hangs' };
  const looking = look();
  await until('the making', async () => (await rows()).length === 1 && bench.lab.engine.containers.size > 0);
  bench.lab.engine.fault = null;
  expect((await start()).way).toBe('cold');
  await looking;
  expect(await rows()).toEqual([]);
});
