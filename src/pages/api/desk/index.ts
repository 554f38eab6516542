import { deskSchema, deskValue } from '#course/desk.ts';
import { may } from '#people/policy.ts';
import { Problem } from '#runtime/problem.ts';
import { endpoint } from '#server/answer.ts';

export const prerender = false;

const mostNames = 50;

/** What is kept under the names that are asked for; a name without a value is left out. */
export const GET = endpoint(async ({ url, locals }, person) => {
  if (!may({ person: person.id, roles: person.roles }, 'read', { kind: 'desk' })) {
    throw new Problem(403, 'may-not-read', 'Nothing is kept for you here.');
  }
  const names = url.searchParams.getAll('name');
  if (names.length > mostNames) throw new Problem(400, 'too-many-names', `Ask for ${mostNames} names at a time.`, { field: 'name' });
  const kept = await locals.runtime.store.desk.get(person.id, names);
  const values = Object.entries(kept).flatMap(([name, value]) => {
    const schema = deskSchema(name);
    const parsed = schema === null ? null : deskValue(schema, value);
    return parsed === null ? [] : [[name, parsed] as const];
  });
  return { values: Object.fromEntries(values) };
});
