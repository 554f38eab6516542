import { sessionView } from '#runtime/hub.ts';
import { endpoint } from '#server/answer.ts';

export const prerender = false;

export const GET = endpoint(async ({ params, locals }, person) => {
  const { store } = locals.runtime;
  const lab = locals.runtime.lab(params['lab'] ?? '').id;
  const [session, bests] = await Promise.all([store.sessions.live(person.id, lab), store.attempts.best({ person: person.id, lab })]);
  return { session: session ? sessionView(session) : null, bests };
});
