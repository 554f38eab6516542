import { z } from 'zod';
import { settleDispute } from '#runtime/dispute.ts';
import { endpoint, form } from '#server/answer.ts';

export const prerender = false;

const Answer = z.strictObject({ answer: z.string().trim().min(1, 'say a word to the learner').max(1000) });

/** The form below a disputed attempt. */
export const POST = endpoint(async ({ params, request, locals }, person) => {
  const { answer } = await form(request, Answer);
  const dispute = await settleDispute(locals.runtime.context, person, params['dispute'] ?? '', answer);
  return new Response(null, { status: 303, headers: { location: `/teach/attempts/${dispute.attempt}#dispute` } });
});
