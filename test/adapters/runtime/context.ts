import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ClusterProvider } from '#cluster/port.ts';
import { admission } from '#runtime/admission.ts';
import { type Clock, systemClock } from '#runtime/clock.ts';
import type { Context } from '#runtime/context.ts';
import { loadCourse } from '#runtime/course.ts';
import { hub } from '#runtime/hub.ts';
import { idleLabs } from '#runtime/idle.ts';
import { jobs } from '#runtime/jobs.ts';
import { liveChecks } from '#runtime/live-checks.ts';
import { meter } from '#runtime/meter.ts';
import { labPool } from '#runtime/pool.ts';
import { readSettings } from '#runtime/settings.ts';
import { admit } from '#runtime/start-lab.ts';
import { watches } from '#runtime/watch-progress.ts';
import { openStore } from '#store/open.ts';
import type { LabSession, Person, Store } from '#store/port.ts';
import { type FakeLab, fakeLab } from '../cluster/fake-lab.ts';
import { type FakeCaptures, fakeCaptures } from './fake-captures.ts';

export interface Workbench {
  context: Context;
  lab: FakeLab;
  captures: FakeCaptures;
  learner: Person;
  errors: unknown[];
  /** Waits until the session is in one of these states; fails with what it is after 20 s. */
  reaches(session: string, ...states: LabSession['state'][]): Promise<LabSession>;
  /** The same installation after its server was killed: what it was doing is forgotten, rows and containers stay. */
  reboot(): Promise<void>;
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  /** Rows are written, idle labs found and the pool kept by its time. */
  clock?: Clock;
  /** Memory for labs that nobody asked for. */
  poolMiB?: number;
  /** How many captures are kept; the provider can make them if any. */
  captures?: number;
  /** Programs that run on the machine. */
  load?: () => number;
  /** How a server reaches rows and containers; called at every boot. */
  connect?: (bench: { data: string; lab: FakeLab; store: Store; provider: ClusterProvider }) => Pick<Context, 'store' | 'provider'>;
}

const clearing = (timer: NodeJS.Immediate) => () => clearImmediate(timer);

/** The runtime's use cases on a real database and a fake engine. */
export async function workbench({ clock, poolMiB = 0, captures = 0, load = () => 0, connect }: WorkbenchOptions = {}): Promise<Workbench> {
  const root = join(import.meta.dirname, '../../..');
  const data = await mkdtemp(join(tmpdir(), 'slipway-runtime-'));
  const lab = await fakeLab();
  const settings = readSettings({
    SLIPWAY_ROOT: root,
    SLIPWAY_DATA: data,
    SLIPWAY_INSTANCE: 'test-here',
    SLIPWAY_DISK_WATERMARK_MIB: '0',
    SLIPWAY_POOL_MIB: `${poolMiB}`,
    SLIPWAY_CAPTURES: `${captures}`,
  });
  const kept = fakeCaptures(lab.provider);
  const provider = captures > 0 ? { ...lab.provider, captures: kept } : lab.provider;
  const store = await openStore({ folder: data, ...(clock ? { now: () => new Date(clock.now()) } : {}) });
  const log = pino({ level: 'silent' });
  const errors: unknown[] = [];
  const names: Record<string, string> = { node: 'node:1', gateway: 'gateway:1', toolbox: 'toolbox:1' };
  const course = loadCourse(root);
  // The fake API server has one node, and runs nothing that a lab's set-up could wait for.
  for (const { file } of Object.values(course.labs)) {
    for (const cluster of file.clusters) Object.assign(cluster, { setup: [], workers: 0 });
    for (const image of file.images) lab.engine.images.add(image);
  }
  const make = (): Context => {
    const live = liveChecks(() => context);
    const idle = idleLabs(() => context, clock);
    // What the pool waits for has happened by the next turn.
    const soon: Clock = { now: () => (clock ?? systemClock).now(), after: (_, work) => clearing(setImmediate(work)) };
    const pool = labPool(() => context, { clock: soon, load, freeBytes: () => 16 * 1024 ** 3 });
    const reached = connect?.({ data, lab, store, provider }) ?? { store, provider };
    const base = { settings, log, ...reached, course, live, idle, pool, hub: hub(), meter: meter() };
    const context: Context = {
      ...base,
      images: { ensure: async (name) => names[name] ?? name, idOf: (name) => `id of ${name}` },
      jobs: jobs((_session, error) => errors.push(error)),
      watches: watches(base, new Uint8Array(32)),
      admission: admission(() => context, admit),
    };
    return context;
  };
  const settle = async () => {
    await self.context.admission.close();
    await self.context.jobs.close();
    await self.context.live.close();
    await self.context.watches.close();
  };
  const self: Workbench = {
    context: make(),
    lab,
    captures: kept,
    learner: await store.people.create({ name: 'Learner', roles: ['learner'] }),
    errors,
    async reaches(session, ...states) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const row = await store.sessions.get(session);
        // A lab that is ready is left alone by the work that made it a moment later: its log is written last.
        const isSettled = row?.state !== 'ready' || !self.context.jobs.isBusy(session);
        if (row && states.includes(row.state) && isSettled) return row;
        if (Date.now() > deadline)
          throw new Error(`the session is ${row?.state}, not ${states.join(' or ')}: ${JSON.stringify(row?.reason)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async reboot() {
      await settle();
      self.context = make();
    },
    async close() {
      await settle();
      await lab.close();
      await store.close();
      await rm(data, { recursive: true, force: true });
    },
  };
  return self;
}
