import { z } from 'zod';
import { deskSchema, mostDeskBytes } from '#course/desk.ts';
import { may } from '#people/policy.ts';
import { Problem } from '#runtime/problem.ts';
import { body, endpoint } from '#server/answer.ts';

export const prerender = false;

/** Keeps what a person left open. A page may send it as it goes: the answer has no body. */
export const PUT = endpoint(async ({ params, request, locals }, person) => {
  if (!may({ person: person.id, roles: person.roles }, 'write', { kind: 'desk' })) {
    throw new Problem(403, 'may-not-write', 'Nothing is kept for you here.');
  }
  const name = params['name'] ?? '';
  const schema = deskSchema(name);
  if (schema === null) {
    throw new Problem(400, 'unknown-name', 'The names are place, scroll:LESSON, drafts:LAB and tabs:LAB.', { field: 'name' });
  }
  const { value } = await body(request, z.strictObject({ value: schema }), mostDeskBytes);
  await locals.runtime.store.desk.put(person.id, name, value);
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
});
