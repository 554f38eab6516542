import { currentRuntime } from '#runtime/runtime.ts';

export const prerender = false;

/** The database answers too. */
export const GET = async () => {
  const runtime = await currentRuntime();
  try {
    await runtime.store.people.list();
    return new Response('ready\n');
  } catch (error) {
    runtime.context.log.warn({ err: error }, 'not ready');
    return new Response('the database does not answer\n', { status: 503, headers: { 'retry-after': '5' } });
  }
};
