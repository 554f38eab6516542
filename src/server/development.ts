import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { currentRuntime } from '#runtime/runtime.ts';
import { welcome } from './cookie.ts';
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
