import type { LabSession } from '#store/port.ts';
import { type Context, publishSession } from './context.ts';
import { Problem } from './problem.ts';
import { tell } from './tell.ts';

const hour = 60 * 60_000;

/** Keeps a lab from being paused for the next hour, however idle it is. */
export async function extendLab(context: Context, session: LabSession): Promise<LabSession> {
  const kept = await context.store.sessions.keep(session.id, new Date(Date.now() + hour).toISOString());
  if (kept === null) throw new Problem(409, 'not-now', 'This lab has ended; start it again.');
  publishSession(context, kept);
  context.idle.heed(kept);
  await tell(context, kept, 'extended', 'You asked for an hour during which the lab is not paused.');
  return kept;
}

/** The learner is there: what was idle begins anew. */
export async function stayInLab(context: Context, session: LabSession): Promise<LabSession> {
  await context.store.sessions.touch(session.id);
  const now = (await context.store.sessions.get(session.id)) ?? session;
  publishSession(context, now);
  context.idle.heed(now);
  return now;
}
