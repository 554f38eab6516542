import { z } from 'zod';
import { may } from '#people/policy.ts';
import { openHint } from '#runtime/help.ts';
import { Problem } from '#runtime/problem.ts';
import { body, endpoint } from '#server/answer.ts';

export const prerender = false;

const Hint = z.strictObject({ task: z.string().max(40), number: z.int().min(1).max(50) });

export const POST = endpoint(async ({ params, request, locals }, person) => {
  const wanted = await body(request, Hint);
  if (!may({ person: person.id, roles: person.roles }, 'help', { kind: 'lab' })) {
    throw new Problem(403, 'may-not-help', 'You may not take help here.');
  }
  return await openHint(locals.runtime.context, person, { lab: params['lab'] ?? '', ...wanted });
});
