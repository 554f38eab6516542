import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterProvider } from '#cluster/port.ts';
import { measuring } from '#runtime/measure-labs.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { resumeLab } from '#runtime/resume-lab.ts';
import { startLab } from '#runtime/start-lab.ts';
import { diskWatch } from '#runtime/watch-disk.ts';
import type { LabSession, Person } from '#store/port.ts';
import { type Workbench, workbench } from './context.ts';

const MiB = 1024 ** 2;
const minute = 60_000;
const lab = '04-state-inside';

let ahead = 0;
const clock = { now: () => Date.now() + ahead, after: () => () => {} };
let bench: Workbench;
beforeEach(async () => {
  ahead = 0;
  bench = await workbench({ clock });
});
afterEach(() => bench.close());

async function aReadyLab(person: Person = bench.learner): Promise<LabSession> {
  const { session } = await startLab(bench.context, person, lab);
  return await bench.reaches(session.id, 'ready');
}

/** The host, as far as it is asked here. */
function with_(provider: Partial<ClusterProvider>): () => typeof bench.context {
  return () => ({ ...bench.context, provider: { ...bench.context.provider, ...provider } });
}

test('a lab is measured a minute after it is ready, and the most it held is noted when it is left', async () => {
  let memoryBytes = 600 * MiB;
  const all = measuring(with_({ usage: async () => ({ memoryBytes, cpuMilliseconds: 0 }) }), clock);
  const session = await aReadyLab();
  const noted = async () => (await bench.context.store.measures.of(lab))['memory'];
  await all.look();
  expect(await noted()).toBeUndefined();
  ahead += minute;
  await all.look();
  expect(await noted()).toMatchObject({ count: 1, last: 600 * MiB });
  memoryBytes = 900 * MiB;
  ahead += 6 * minute;
  await all.look();
  memoryBytes = 700 * MiB;
  ahead += 6 * minute;
  await all.look();
  await pauseLab(bench.context, session);
  await bench.reaches(session.id, 'paused');
  await all.look();
  expect(await noted()).toMatchObject({ count: 2, last: 900 * MiB });
});

test('scenario 19: the engine’s disk fills up: whoever has a lab is told once, and their lab goes on', async () => {
  const session = await aReadyLab();
  const facts = await bench.context.provider.facts(AbortSignal.timeout(5_000));
  let diskFreeBytes = 900 * MiB;
  const here = with_({ facts: async () => ({ ...facts, diskFreeBytes }) });
  const context = () => ({ ...here(), settings: { ...bench.context.settings, diskWatermarkBytes: 1024 * MiB } });
  const disk = diskWatch(context, clock);
  const told = async () => (await bench.context.store.log.list(session.id)).filter(({ kind }) => kind === 'disk');
  await disk.look();
  await disk.look();
  expect(await told()).toMatchObject([{ text: expect.stringContaining('0.9 GiB are left. This lab goes on') }]);
  expect((await bench.context.store.sessions.get(session.id))?.state).toBe('ready');
  diskFreeBytes = 2048 * MiB;
  await disk.look();
  diskFreeBytes = 900 * MiB;
  await disk.look();
  expect(await told()).toHaveLength(2);
});

test('scenario 34: a learner fills the disk: their lab is paused and says why, nobody else’s is', async () => {
  const hungry = await aReadyLab();
  const other = await aReadyLab(await bench.context.store.people.create({ name: 'Other', roles: ['learner'] }));
  const facts = { ...(await bench.context.provider.facts(AbortSignal.timeout(5_000))), diskFreeBytes: 200 * MiB };
  const bytes = new Map([
    [hungry.instance, 30 * 1024 * MiB],
    [other.instance, 900 * MiB],
  ]);
  const here = with_({ facts: async () => facts, disk: async () => [...bytes].map(([id, held]) => ({ lab: id ?? '', bytes: held })) });
  const disk = diskWatch(() => ({ ...here(), settings: { ...bench.context.settings, diskWatermarkBytes: 1024 * MiB } }), clock);
  await disk.look();
  const paused = await bench.reaches(hungry.id, 'paused');
  expect(paused.reason).toMatchObject({
    code: 'paused-disk',
    message: expect.stringContaining('This lab holds 30.0 GiB on a disk with 0.2 GiB left'),
  });
  expect((await bench.context.store.sessions.get(other.id))?.state).toBe('ready');
  // Whoever comes back to delete something is let, for a while.
  await resumeLab(bench.context, paused);
  await bench.reaches(hungry.id, 'ready');
  await disk.look();
  expect((await bench.context.store.sessions.get(hungry.id))?.state).toBe('ready');
  ahead += 11 * minute;
  await disk.look();
  await bench.reaches(hungry.id, 'paused');
});
