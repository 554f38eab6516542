import { ClusterError } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishSession, refOf } from './context.ts';
import { declareCrashed } from './crash-lab.ts';
import { Problem } from './problem.ts';
import { tell } from './tell.ts';

type Reason = NonNullable<LabSession['reason']>;

export const pausedByLearner: Reason = {
  code: 'paused-by-learner',
  message: 'You paused this lab. Everything in it is kept as it was, and it uses no processor time.',
};

/** Nobody wanted this one paused: it goes on with its page. */
export const pausedForStop: Reason = {
  code: 'site-stopped',
  message: 'Slipway was stopped, so this lab was paused. It goes on by itself when Slipway runs again and this page is open.',
};

/**
 * Pauses a lab that is ready; pausing twice is pausing once. Its row says so first, which closes its terminals; its containers are
 * frozen in the background. A lab that is being checked is not frozen in the middle of it.
 */
export async function pauseLab(context: Context, session: LabSession, reason: Reason = pausedByLearner): Promise<LabSession> {
  if (session.state === 'paused') return session;
  const paused = await markPaused(context, session, reason);
  void context.jobs.run(paused.id, (signal) => freeze(context, paused, signal));
  return paused;
}

async function markPaused(context: Context, session: LabSession, reason: Reason): Promise<LabSession> {
  if (session.state !== 'ready') throw new Problem(409, 'not-now', `The lab is ${session.state}; only a lab that is ready can be paused.`);
  const watch = await context.watches.get(session.id, session.epoch)?.catch(() => undefined); // Whoever began it was told.
  if (watch !== undefined && watch.checking.size > 0) {
    throw new Problem(409, 'checking', 'A check is under way. The lab can be paused when it is done.', { retryAfter: 5 });
  }
  const paused = await context.store.sessions.move(session.id, 'pause', { reason });
  if (paused === null) throw new Problem(409, 'not-now', 'The lab is changing state; try again in a moment.');
  publishSession(context, paused);
  await tell(context, paused, 'paused', reason.code === pausedByLearner.code ? 'You paused the lab.' : reason.message);
  return paused;
}

/**
 * Pauses every lab that is ready, because the site is about to stop. Those that cannot be paused in time, as one that is being
 * checked, run on; what is paused by then goes on with its page (`comeBack`).
 */
export async function pauseForStop(context: Context, milliseconds: number): Promise<void> {
  const { store, jobs, log } = context;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.resolve(), milliseconds);
  const pausing = (await store.sessions.listLive())
    .filter(({ state }) => state === 'ready')
    .map(async (session) => {
      try {
        const paused = await markPaused(context, session, pausedForStop);
        await jobs.run(paused.id, (signal) => freeze(context, paused, signal));
      } catch (error) {
        log.info({ err: error, session: session.id }, 'a lab runs on, although the site stops');
      }
    });
  await Promise.race([Promise.all(pausing), late.promise]);
  clearTimeout(timer);
}

/** Freezes the containers of a session in state `paused`; does nothing when the row says otherwise by now. */
export async function freeze(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const row = await context.store.sessions.get(session.id);
  if (row?.state !== 'paused' || row.epoch !== session.epoch) return;
  await context.watches.end(session.id);
  try {
    await context.provider.pause(refOf(context, row), signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof ClusterError) || error.code !== 'gone') throw error;
    await declareCrashed(context, row, 'A part of this lab stopped while it was being paused.');
  }
}
