import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { currentRuntime } from '#runtime/runtime.ts';
import { welcome } from './cookie.ts';
import { hostRouter } from './hosts.ts';
import { previews } from './preview/previews.ts';
import { closeWithLab, terminalAuthorizer } from './terminal-access.ts';
import { terminalUpgrade } from './terminal-socket.ts';

/** What `main.ts` does around Astro's handler, for its development server: visitors get their cookie. */
export async function welcomeVisitor(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await welcome((await currentRuntime()).store, request, response);
}

let terminals: ReturnType<typeof terminalUpgrade> | undefined;

/** And shells their socket. */
export async function upgradeTerminal(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  const runtime = await currentRuntime();
  if (terminals === undefined) {
    terminals = terminalUpgrade({ authorize: terminalAuthorizer(runtime), log: runtime.context.log });
    closeWithLab(runtime, terminals);
  }
  terminals.upgrade(request, socket, head);
}

let seen: ReturnType<typeof previews> | undefined;

/** And programs of labs theirs: whether the request, or upgrade, was one for a preview's host, and is answered there. */
export async function answerPreview(
  request: IncomingMessage,
  by: { response: ServerResponse } | { socket: Socket; head: Buffer },
): Promise<boolean> {
  const place = hostRouter(request.socket.localPort ?? 0)(request.headers.host);
  if (place?.kind !== 'preview') return false;
  seen ??= previews((await currentRuntime()).context);
  if ('response' in by) seen.request(request, by.response, place);
  else seen.upgrade(request, by.socket, by.head, place);
  return true;
}
