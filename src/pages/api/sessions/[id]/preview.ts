import { z } from 'zod';
import { body, endpoint, sessionFor } from '#server/answer.ts';
import { askedPreview } from '#server/preview/admission.ts';

export const prerender = false;

/** The address that opens a program of the lab in a tab: good once, for half a minute. */
export const POST = endpoint(async (context, person) => {
  const { label } = await body(context.request, z.strictObject({ label: z.string().max(64) }));
  const session = await sessionFor(context, person, 'preview');
  const host = context.request.headers.get('host') ?? '';
  return { url: await askedPreview(context.locals.runtime.context, { session, person, label, host }) };
});
