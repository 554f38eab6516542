import { captureKey } from '#runtime/captures.ts';
import { labOf } from '#runtime/context.ts';
import { endLab } from '#runtime/end-lab.ts';
import { labSpec, withImages } from '#runtime/lab-spec.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { resumeLab } from '#runtime/resume-lab.ts';
import { resetLab, startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { type Installation, type InstallationOptions, lab } from './installation.ts';

/** Something a learner asks for, in an installation that is ready for it. */
export interface Operation {
  name: string;
  options: InstallationOptions;
  prepare(here: Installation): Promise<void>;
  act(here: Installation): Promise<unknown>;
  /** Whether it came to its end. */
  isDone(session: LabSession | null): boolean;
  /** The way by which a lab is made when nothing goes wrong. */
  way?: LabSession['way'];
}

const warm = { poolMiB: 1000 };

export async function live(here: Installation): Promise<LabSession> {
  const session = await here.session();
  if (session === null) throw new Error('there is no session');
  return session;
}

export async function start(here: Installation): Promise<void> {
  await startLab(here.context, here.learner, lab);
}

async function ready(here: Installation): Promise<void> {
  await start(here);
  await here.rest();
}

async function paused(here: Installation): Promise<void> {
  await ready(here);
  await pauseLab(here.context, await live(here));
}

async function spare(here: Installation): Promise<void> {
  await here.context.pool.look(AbortSignal.timeout(20_000));
}

/** A row and what it stands for, as if it had been taken and found good. */
async function capture({ context }: Installation): Promise<void> {
  const course = labOf(context, lab);
  const signal = AbortSignal.timeout(20_000);
  const spec = await withImages(context.images, labSpec(course, { instance: '', lab: '', epoch: 1 }), () => {}, signal);
  const key = captureKey(context.images, course, spec);
  await context.store.captures.begin({ key, lab, labVersion: course.version });
  await context.store.captures.set(key, { state: 'good', bytes: 1 });
  const { captures } = context.provider;
  if (captures !== undefined && 'kept' in captures && captures.kept instanceof Map) captures.kept.set(key, { bytes: 1, createdAt: '' });
}

const isReady = (epoch: number) => (session: LabSession | null) => session?.state === 'ready' && session.epoch === epoch;

/** Everything that begins, moves or ends a lab. */
export const operations: readonly Operation[] = [
  { name: 'a start from nothing', options: {}, prepare: async () => {}, act: start, isDone: isReady(1), way: 'cold' },
  { name: 'a claim of a spare', options: warm, prepare: spare, act: start, isDone: isReady(1), way: 'warm' },
  { name: 'a start from a capture', options: { captures: 1 }, prepare: capture, act: start, isDone: isReady(1), way: 'restored' },
  {
    name: 'a reset',
    options: {},
    prepare: ready,
    act: async (here) => await resetLab(here.context, await live(here)),
    isDone: isReady(2),
    way: 'cold',
  },
  {
    name: 'a reset to a spare',
    options: warm,
    async prepare(here) {
      await ready(here);
      const { store, course, provider } = here.context;
      const row = await store.instances.addSpare({ lab, labVersion: course.labs[lab]?.version ?? '' });
      const spec = labSpec(labOf(here.context, lab), { instance: here.context.settings.instance, lab: row.id, epoch: row.epoch });
      const signal = AbortSignal.timeout(20_000);
      await provider.create(await withImages(here.context.images, spec, () => {}, signal), () => {}, signal);
      await provider.pause(spec, signal);
      await store.instances.spareReady(row.id);
    },
    act: async (here) => await resetLab(here.context, await live(here)),
    isDone: isReady(2),
    way: 'warm',
  },
  {
    name: 'an end',
    options: {},
    prepare: ready,
    act: async (here) => await endLab(here.context, await live(here)),
    isDone: (session) => session?.state === 'ended',
  },
  {
    name: 'a pause',
    options: {},
    prepare: ready,
    act: async (here) => await pauseLab(here.context, await live(here)),
    isDone: (session) => session?.state === 'paused',
  },
  {
    name: 'a resume',
    options: {},
    prepare: paused,
    act: async (here) => await resumeLab(here.context, await live(here)),
    isDone: isReady(1),
  },
];
