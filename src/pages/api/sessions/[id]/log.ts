import { endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

/** What happened to the lab, oldest first; later entries come as event `log`. */
export const GET = endpoint(async (context, person) => {
  const session = await sessionFor(context, person, 'read');
  return { entries: await context.locals.runtime.store.log.list(session.id) };
});
