import type { LabSession } from '#store/port.ts';
import { type Context, publishSession } from './context.ts';
import { Problem } from './problem.ts';
import { tell } from './tell.ts';

type Reason = NonNullable<LabSession['reason']>;

const endedByLearner: Reason = { code: 'ended-by-learner', message: 'You ended this lab.' };

/** Ends a session; its containers are removed in the background. Ending twice is ending once. */
export async function endLab(context: Context, session: LabSession, reason: Reason = endedByLearner): Promise<LabSession> {
  if (session.state === 'ended' || session.state === 'ending') return session;
  const ending = await context.store.sessions.move(session.id, 'end', { reason });
  if (ending === null) throw new Problem(409, 'not-now', 'The lab is changing state; try again in a moment.');
  publishSession(context, ending);
  await tell(context, ending, 'ended', reason.message);
  void context.jobs.run(ending.id, (signal) => clearAway(context, ending, signal));
  return ending;
}

/** Removes containers that nobody wants any more, in the background, and their row; what is cut off is done by the reconciler. */
export function clearInstance(context: Context, instance: string): Promise<void> {
  const { store, provider, settings, jobs } = context;
  return jobs.runIfIdle(`instance ${instance}`, async (signal) => {
    await store.instances.wantAbsent(instance);
    await provider.remove({ instance: settings.instance, lab: instance }, signal);
    await store.instances.forget(instance);
    context.admission.wake();
  });
}

/** Removes the containers of a session in state `ending`, then its row says `ended`. */
export async function clearAway(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, provider, settings } = context;
  await context.watches.end(session.id);
  if (session.instance !== null) {
    await store.instances.wantAbsent(session.instance);
    await provider.remove({ instance: settings.instance, lab: session.instance }, signal);
    await store.instances.forget(session.instance);
  }
  const ended = await store.sessions.move(session.id, 'gone', { instance: null });
  if (ended) publishSession(context, ended);
}
