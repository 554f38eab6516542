import { sessionView } from '#runtime/hub.ts';
import { endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

export const GET = endpoint(async (context, person) => {
  const session = await sessionFor(context, person, 'read');
  const history = await context.locals.runtime.store.attempts.history(session.id, session.epoch);
  return { session: sessionView(session), history };
});
