import { sessionView } from '#runtime/hub.ts';
import { endpoint, sessionFor } from '#server/answer.ts';
import { eventStream } from '#server/sse.ts';

export const prerender = false;

/** The session's state, phases and verdicts: all of them as they are, then each change. */
export const GET = endpoint(async (context, person) => {
  const { runtime } = context.locals;
  const session = await sessionFor(context, person, 'read');
  if (session.person === person.id) await runtime.comeBack(session);
  return eventStream(context.request.signal, async (send) => {
    const unsubscribe = runtime.context.hub.subscribe(session.id, (event) => send(event.type, event.data));
    // A stream that could not begin must not count as an open page.
    const state = await runtime.state(session.id).catch((error: unknown) => {
      unsubscribe();
      throw error;
    });
    if (state) {
      send('session', sessionView(state.session));
      send('phases', state.phases);
      send('history', state.history);
      send('idle', { pausesAt: runtime.context.idle.pausesAt(session.id) });
      send('place', { place: runtime.context.admission.place(session.id) });
      for (const verdict of state.verdicts) send('verdict', verdict);
    }
    return unsubscribe;
  });
});
