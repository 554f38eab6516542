import { z } from 'zod';
import { sessionView } from '#runtime/hub.ts';
import { body, endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

/** Without `stay` an hour during which it is not paused; with it only the idle time that begins anew. */
const Extend = z.strictObject({ stay: z.literal(true).optional() });

export const POST = endpoint(async (context, person) => {
  const { stay } = await body(context.request, Extend);
  const session = await sessionFor(context, person, 'extend');
  const { runtime } = context.locals;
  return { session: sessionView(await (stay ? runtime.stay(session) : runtime.extend(session))) };
});
