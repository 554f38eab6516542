import type { IncomingMessage } from 'node:http';
import { may } from '#people/policy.ts';
import { refOf } from '#runtime/context.ts';
import { asProblem } from '#runtime/problem.ts';
import type { Runtime } from '#runtime/runtime.ts';
import { personOf } from './cookie.ts';
import type { TerminalAccess, TerminalRoute, terminalUpgrade } from './terminal-socket.ts';

const notThere: TerminalAccess = { ok: false, status: 404, message: 'There is no such lab session.' };

/** Who may attach to which shell: the owner of a session whose lab is ready, by its cookie. Asked anew at every attach. */
export function terminalAuthorizer({ context, store }: Runtime) {
  return async (request: IncomingMessage, { sessionId }: TerminalRoute): Promise<TerminalAccess> => {
    try {
      const person = await personOf(store, request.headers.cookie);
      if (person === null) return { ok: false, status: 401, message: 'This request carried no valid session.' };
      const session = await store.sessions.get(sessionId);
      const actor = { person: person.id, roles: person.roles };
      if (session === null || !may(actor, 'attach', { kind: 'session', owner: session.person })) return notThere;
      if (session.state !== 'ready') return { ok: false, status: 409, message: `The lab is ${session.state}, not ready.` };
      const ref = refOf(context, session);
      return {
        ok: true,
        lab: `${ref.lab}/${ref.epoch}`,
        attach: (argv, signal) => context.provider.attach(ref, argv, signal),
        touched: () => {
          store.sessions.touch(session.id).catch((error: unknown) => context.log.warn({ err: error }, 'activity could not be noted'));
        },
      };
    } catch (error) {
      context.log.warn({ err: error }, 'a terminal could not be authorized');
      const problem = asProblem(error);
      return { ok: false, status: problem.status, message: problem.message };
    }
  };
}

/** Closes a session's terminals, with the reason, as soon as its lab is paused, begun again or gone. */
export function closeWithLab({ context }: Runtime, terminals: Pick<ReturnType<typeof terminalUpgrade>, 'closeFor'>): void {
  context.hub.follow((id, event) => {
    if (event.type !== 'session' || event.data.state === 'ready') return;
    terminals
      .closeFor(id, event.data.state === 'paused' ? 'paused' : 'gone')
      .catch((error: unknown) => context.log.warn({ err: error, session: id }, 'terminals of a lab could not be closed'));
  });
}
