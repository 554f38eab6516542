import type { LabAccess, LabSpec } from '#cluster/port.ts';
import type { LabInstance } from '#store/port.ts';
import { captureKey, goodCapture, refuseCapture } from './captures.ts';
import { type Clock, rest } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { clearInstance } from './end-lab.ts';
import { loadGrader } from './grade/load-grader.ts';
import { labSpec, withImages } from './lab-spec.ts';

/** Spares that are being made by this process; all others that are not ready were left by one that died. */
export interface Making {
  hold(): { is(id: string): void; release(): void };
  has(id: string): boolean;
}

export function making(): Making {
  const held = new Map<symbol, string | null>();
  return {
    hold() {
      const key = Symbol('spare');
      held.set(key, null);
      return { is: (id) => held.set(key, id), release: () => held.delete(key) };
    },
    // One whose id is not known yet may be any.
    has: (id) => [...held.values()].some((known) => known === null || known === id),
  };
}

/**
 * Makes a lab that no learner has asked for, for `work` to use: it has a row before it has containers, and unless `work` says that it
 * stands ready nothing of it is left afterwards.
 */
export async function withSpare(
  context: Context,
  course: CourseLab,
  made: Making,
  signal: AbortSignal,
  work: (spec: LabSpec) => Promise<'ready' | 'used up'>,
): Promise<void> {
  const { store, settings, images } = context;
  const held = made.hold();
  let row: LabInstance | null = null;
  try {
    row = await store.instances.addSpare({ lab: course.id, labVersion: course.version });
    held.is(row.id);
    const draft = labSpec(course, { instance: settings.instance, lab: row.id, epoch: row.epoch });
    const outcome = await work(await withImages(images, draft, () => {}, signal));
    if (outcome === 'ready' && (await store.instances.spareReady(row.id))) row = null;
  } finally {
    if (row !== null && (await store.instances.discardSpare(row.id))) await clearInstance(context, row.id);
    held.release();
  }
}

/** A lab from its capture where there is a good one, else from nothing. */
export async function makeAhead(context: Context, course: CourseLab, spec: LabSpec, signal: AbortSignal): Promise<LabAccess> {
  const { provider, images, store } = context;
  const key = await goodCapture(context, course);
  if (key !== null && provider.captures !== undefined && key === captureKey(images, course, spec)) {
    try {
      const access = await provider.captures.restore(key, spec, () => {}, signal);
      await store.captures.set(key, { usedAt: new Date().toISOString() });
      return access;
    } catch (error) {
      signal.throwIfAborted();
      context.log.warn({ err: error, lab: course.id, capture: key }, 'a spare could not be made from its capture');
      await refuseCapture(context, key, error);
    }
  }
  return await provider.create(spec, () => {}, signal);
}

/** A new lab is given this long to come to rest before it is frozen. */
const restMilliseconds = 5_000;

/** Freezes a lab that is as its learner is to find it. What its first learner would wait for is loaded now. */
export async function layBy(context: Context, clock: Clock, course: CourseLab, access: LabAccess, signal: AbortSignal): Promise<'ready'> {
  await loadGrader({ root: context.settings.root, folder: course.folder, tasks: course.file.tasks });
  await rest(clock, restMilliseconds, signal);
  signal.throwIfAborted();
  await context.pool.heartbeats.begin(access, signal);
  return 'ready';
}

/**
 * Discards a spare that is not, or no longer, what a learner may be given: cut off in the making, of a lab or version that the course
 * has not, or without its containers. One that runs is frozen.
 */
export async function mendSpare(context: Context, { id }: Pick<LabInstance, 'id'>, signal: AbortSignal): Promise<void> {
  const { store, course, provider, settings, pool } = context;
  if (pool.isMaking(id) || pool.heartbeats.isAwake(id)) return;
  const spare = await store.instances.get(id);
  if (spare?.intent !== 'spare') return;
  const current = Object.hasOwn(course.labs, spare.lab) ? course.labs[spare.lab]?.version : undefined;
  const ref = { instance: settings.instance, lab: id, epoch: spare.epoch };
  const isWanted = spare.readyAt !== null && spare.labVersion === current;
  const condition = isWanted ? await provider.condition(ref, signal) : 'gone';
  // Whoever claimed it meanwhile has it, and finds out by themselves.
  if (condition === 'gone' && (await store.instances.discardSpare(id))) await clearInstance(context, id);
  if (condition === 'running' || condition === 'mixed') await pool.heartbeats.still(spare, signal);
}
