import { z } from 'zod';
import { may } from '#people/policy.ts';
import { sessionView } from '#runtime/hub.ts';
import { Problem } from '#runtime/problem.ts';
import { body, endpoint } from '#server/answer.ts';

export const prerender = false;

export const POST = endpoint(async ({ params, request, locals }, person) => {
  if (!may({ person: person.id, roles: person.roles }, 'start', { kind: 'lab' })) {
    throw new Problem(403, 'may-not-start', 'You may not start labs here.');
  }
  await body(request, z.strictObject({}));
  const { session, created } = await locals.runtime.start(person, params['lab'] ?? '');
  return Response.json({ session: sessionView(session) }, { status: created ? 201 : 200 });
});
