import { z } from 'zod';
import { fileDispute } from '#runtime/dispute.ts';
import { body, endpoint } from '#server/answer.ts';

export const prerender = false;

const Disputed = z.strictObject({ sentence: z.string().max(500).default('') });

export const POST = endpoint(async ({ params, request, locals }, person) => {
  const { sentence } = await body(request, Disputed);
  return { dispute: await fileDispute(locals.runtime.context, person, params['attempt'] ?? '', sentence) };
});
