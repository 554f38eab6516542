import { z } from 'zod';
import { may } from '#people/policy.ts';
import { askSolution } from '#runtime/help.ts';
import { Problem } from '#runtime/problem.ts';
import { body, endpoint } from '#server/answer.ts';

export const prerender = false;

const Asked = z.strictObject({ task: z.string().max(40) });

export const POST = endpoint(async ({ params, request, locals }, person) => {
  const { task } = await body(request, Asked);
  if (!may({ person: person.id, roles: person.roles }, 'help', { kind: 'lab' })) {
    throw new Problem(403, 'may-not-help', 'You may not take help here.');
  }
  return await askSolution(locals.runtime.context, person, { lab: params['lab'] ?? '', task });
});
