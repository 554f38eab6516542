import type { LabSession } from '#store/port.ts';
import { type Context, publishSession } from './context.ts';
import { tell } from './tell.ts';

/** Says that a lab was lost, why, and what to do; does nothing when its row has moved on. */
export async function declareCrashed(context: Context, session: LabSession, message: string): Promise<void> {
  const reason = { code: 'lost', message, advice: 'Begin the lab again; what you already passed stays passed.' };
  const crashed = await context.store.sessions.move(session.id, 'crash', { reason });
  if (!crashed) return;
  await context.watches.end(session.id);
  publishSession(context, crashed);
  await tell(context, crashed, 'crashed', `The lab was lost. ${message}`);
}
