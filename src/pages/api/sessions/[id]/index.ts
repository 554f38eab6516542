import { sessionView } from '#runtime/hub.ts';
import { endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

export const GET = endpoint(async (context, person) => ({ session: sessionView(await sessionFor(context, person, 'read')) }));
