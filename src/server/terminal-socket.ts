import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { type CloseReason, closes, closeText } from '#lab/close.ts';
import { bootName, clientName, shellNumber } from '#lab/wire.ts';
import { type BeginLink, links } from '#terminal/links.ts';
import { relay } from '#terminal/relay.ts';
import { closeSockets, terminalSockets } from '#terminal/sockets.ts';

/** Which shell an upgrade asks for: `/ws/sessions/:sessionId/shells/:shell?offset=N&boot=B&client=C`. */
export interface TerminalRoute {
  sessionId: string;
  shell: string;
  /** The browser has everything before this byte; -1: nothing. */
  offset: number;
  /** The supervisor that offset belongs to. */
  boot: string | null;
  /** Whose input is counted on from one connection to the next. */
  client: string | null;
}

export type TerminalAccess =
  | {
      ok: true;
      /** Names the containers: shells of one lab share a link. */
      lab: string;
      attach: BeginLink;
      touched(): void;
    }
  | { ok: false; status: number; message: string };

export interface TerminalDeps {
  /** Whether this request, by its Host, Origin and cookie, may attach to that session. */
  authorize(request: IncomingMessage, route: TerminalRoute): Promise<TerminalAccess>;
  log: Pick<Logger, 'debug' | 'info' | 'warn'>;
}

const maxSocketsPerSession = 16;

/** The HTTP server's handler of terminal upgrades, and what closes them all when it stops. */
export function terminalUpgrade({ authorize, log }: TerminalDeps) {
  const sockets = terminalSockets();
  const lines = links();
  /** By session: its sockets, and the upgrades that are about to be one. */
  const open = new Map<string, Set<{ socket: WebSocket | null }>>();
  let stopping = false;

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const route = terminalRoute(request.url);
    if (route === null) return refuse(socket, 404, 'There is no terminal at this address.');
    if (!sameOrigin(request)) return refuse(socket, 403, 'A terminal opens only from a page of this site.');
    if (stopping) return refuse(socket, 503, 'The server is restarting.');
    const access = await authorize(request, route);
    if (!access.ok) return refuse(socket, access.status, access.message);
    const windows = open.get(route.sessionId) ?? new Set();
    if (windows.size >= maxSocketsPerSession) return refuse(socket, 429, 'This lab’s terminals are open in too many windows; close one.');
    if (socket.destroyed) return;
    const window: { socket: WebSocket | null } = { socket: null };
    open.set(route.sessionId, windows.add(window));
    try {
      window.socket = await sockets.accept(request, socket, head);
      await connect(window.socket, route, access);
    } finally {
      windows.delete(window);
      if (windows.size === 0) open.delete(route.sessionId);
    }
  }

  async function connect(socket: WebSocket, route: TerminalRoute, access: TerminalAccess & { ok: true }): Promise<void> {
    const { sessionId, shell } = route;
    const { offset, boot, client } = route;
    try {
      const end = await relay({
        open: (listener) => lines.open(access.lab, access.attach, { id: shell, offset, boot, client }, listener),
        socket,
        touched: access.touched,
      });
      log.debug({ sessionId, shell, ...end }, 'terminal closed');
    } catch (error) {
      const reason = attachFailure(error);
      log.warn({ sessionId, shell, reason, err: error }, 'a terminal could not be attached');
      socket.resume();
      socket.close(closes[reason].code, closeText(closes[reason].words));
    }
  }

  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('error', (error) => log.debug({ err: error }, 'a terminal’s socket failed'));
      admit(request, socket, head).catch((error: unknown) => {
        log.warn({ err: error }, 'a terminal’s upgrade failed');
        refuse(socket, 503, 'The terminal cannot be opened at the moment.');
      });
    },
    /** Closes the terminals of one session: its lab was paused, or is gone. Answers when they are closed. */
    async closeFor(sessionId: string, reason: CloseReason): Promise<void> {
      await closeSockets(
        [...(open.get(sessionId) ?? [])].flatMap(({ socket }) => socket ?? []),
        reason,
      );
    },
    /** Tells every browser that the server is restarting, and refuses new ones. */
    async closeAll(reason: CloseReason = 'restarting'): Promise<void> {
      stopping = true;
      await closeSockets(sockets.all(), reason);
      await lines.closeAll();
    },
  };
}

/** The route of a URL, parsed exactly; null for anything else. */
export function terminalRoute(url: string | undefined): TerminalRoute | null {
  const [path = '', query = '', ...more] = (url ?? '').split('?');
  const [, sessionId, shell] = /^\/ws\/sessions\/([A-Za-z0-9_-]{1,64})\/shells\/([^/]+)$/.exec(path) ?? [];
  if (sessionId === undefined || shell === undefined || !shellNumber.test(shell) || more.length > 0) return null;
  const asked = new URLSearchParams(query);
  const offset = asked.get('offset') ?? '-1';
  const boot = asked.get('boot');
  const client = asked.get('client');
  if (!/^(-1|\d{1,15})$/.test(offset) || (boot !== null && !bootName.test(boot))) return null;
  if (client !== null && !clientName.test(client)) return null;
  return { sessionId, shell, offset: Number(offset), boot, client };
}

/** Whether Origin is exactly the site this request's Host names. Whether that is a name of ours is for `authorize`. */
function sameOrigin({ headers }: IncomingMessage): boolean {
  return headers.host !== undefined && (headers.origin === `http://${headers.host}` || headers.origin === `https://${headers.host}`);
}

/** A toolbox that is not there any more is for good; everything else may pass. */
function attachFailure(error: unknown): CloseReason {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'gone' ? 'gone' : 'broken';
}

const statusTexts: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number, message: string): void {
  if (socket.destroyed || socket.writableEnded) return;
  const body = JSON.stringify({ error: { message } });
  const head = [
    `HTTP/1.1 ${status} ${statusTexts[status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 429 || status === 503 ? ['Retry-After: 5'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
