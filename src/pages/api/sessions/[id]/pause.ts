import { z } from 'zod';
import { sessionView } from '#runtime/hub.ts';
import { body, endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

export const POST = endpoint(async (context, person) => {
  await body(context.request, z.strictObject({}));
  const session = await sessionFor(context, person, 'pause');
  return { session: sessionView(await context.locals.runtime.pause(session)) };
});
