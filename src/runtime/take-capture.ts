import { ClusterError, type LabAccess } from '#cluster/port.ts';
import { type Beginning, beginningOf, unlike } from './beginning.ts';
import { captureKey } from './captures.ts';
import type { Clock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { reasonOf } from './problem.ts';
import { type Making, withSpare } from './spares.ts';

/**
 * Captures a lab at its beginning: one is made from nothing and used up, another is made from the capture. If that one cannot be told
 * from the first, the capture is good, and `then` may lay the lab by. Refused, with the reason, if that fails; forgotten if it is cut
 * off, or there was no lab to capture.
 */
export async function takeCapture(
  context: Context,
  clock: Clock,
  course: CourseLab,
  made: Making,
  signal: AbortSignal,
  then: (access: LabAccess) => Promise<'ready' | 'used up'>,
): Promise<void> {
  const { store, provider } = context;
  const { captures } = provider;
  if (captures === undefined) return;
  const taken: { key?: string; beginning?: Beginning; isAtStake: boolean } = { isAtStake: false };
  try {
    await withSpare(context, course, made, signal, async (spec) => {
      const key = captureKey(context.images, course, spec);
      const begun = await store.captures.begin({ key, lab: course.id, labVersion: course.version });
      if (begun === null) return 'used up';
      taken.key = key;
      const access = await provider.create(spec, () => {}, signal);
      const beginning = await beginningOf(context, clock, course, access, signal);
      taken.isAtStake = true;
      const { bytes } = await captures.take(spec, key, signal);
      await store.captures.set(key, { state: 'unverified', bytes });
      taken.beginning = beginning;
      return 'used up';
    });
    const { key, beginning } = taken;
    if (key !== undefined && beginning !== undefined) await verify(context, clock, course, { key, beginning, made }, signal, then);
  } catch (error) {
    if (taken.key !== undefined) await dropCapture(context, taken.key, taken.isAtStake && !signal.aborted ? error : null);
    throw error;
  }
}

async function verify(
  context: Context,
  clock: Clock,
  course: CourseLab,
  { key, beginning, made }: { key: string; beginning: Beginning; made: Making },
  signal: AbortSignal,
  then: (access: LabAccess) => Promise<'ready' | 'used up'>,
): Promise<void> {
  const { store, provider, log } = context;
  await withSpare(context, course, made, signal, async (spec) => {
    if (provider.captures === undefined || captureKey(context.images, course, spec) !== key) {
      throw new ClusterError('no-capture', 'The images of the lab changed while it was being captured.');
    }
    const access = await provider.captures.restore(key, spec, () => {}, signal);
    const problems = await unlike(context, clock, course, { access, beginning }, signal);
    if (problems.length > 0) {
      throw new ClusterError(
        'step-failed',
        `A lab made from the capture was not like the one that was captured: ${problems.slice(0, 3).join('; ')}.`,
      );
    }
    await store.captures.set(key, { state: 'good' });
    log.info({ lab: course.id, capture: key }, 'a lab was captured: from now on it can be made from its beginning');
    return await then(access);
  });
}

/** Takes a capture away: refused with the reason of an error, else as if it had never been begun. */
async function dropCapture({ store, provider, settings }: Context, key: string, error: unknown): Promise<void> {
  const row = await store.captures.get(key);
  if (row === null || row.state === 'good') return;
  if (error === null) await store.captures.forget(key);
  else await store.captures.set(key, { state: 'refused', reason: reasonOf(error).message });
  await provider.captures?.remove(settings.instance, key, AbortSignal.timeout(60_000));
}
