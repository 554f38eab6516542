import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { type CloseReason, closes, closeText } from '#lab/close.ts';
import { bootName, shellNumber } from '#lab/wire.ts';
import { type Attached, relay } from '#terminal/relay.ts';
import { terminalSockets } from '#terminal/sockets.ts';

/** Which shell an upgrade asks for: `/ws/sessions/:sessionId/shells/:shell?offset=N&boot=B`. */
export interface TerminalRoute {
  sessionId: string;
  shell: string;
  /** The browser has everything before this byte; -1: nothing. */
  offset: number;
  /** The supervisor that offset belongs to. */
  boot: string | null;
}

export type TerminalAccess =
  | { ok: true; attach(argv: readonly string[], signal: AbortSignal): Promise<Attached>; touched(): void }
  | { ok: false; status: number; message: string };

export interface TerminalDeps {
  /** Whether this request, by its Host, Origin and cookie, may attach to that session. */
  authorize(request: IncomingMessage, route: TerminalRoute): Promise<TerminalAccess>;
  log: Pick<Logger, 'debug' | 'info' | 'warn'>;
}

const attachMilliseconds = 15_000;
/** Each attach is a process in the toolbox. */
const maxSocketsPerSession = 16;

/** The HTTP server's handler of terminal upgrades, and what closes them all when it stops. */
export function terminalUpgrade({ authorize, log }: TerminalDeps) {
  const sockets = terminalSockets();
  const open = new Map<string, number>();
  let stopping = false;

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const route = terminalRoute(request.url);
    if (route === null) return refuse(socket, 404, 'There is no terminal at this address.');
    if (!sameOrigin(request)) return refuse(socket, 403, 'A terminal opens only from a page of this site.');
    if (stopping) return refuse(socket, 503, 'The server is restarting.');
    const access = await authorize(request, route);
    if (!access.ok) return refuse(socket, access.status, access.message);
    const count = open.get(route.sessionId) ?? 0;
    if (count >= maxSocketsPerSession) return refuse(socket, 429, 'This lab’s terminals are open in too many windows; close one.');
    if (socket.destroyed) return;
    open.set(route.sessionId, count + 1);
    try {
      await connect(await sockets.accept(request, socket, head), route, access);
    } finally {
      const left = (open.get(route.sessionId) ?? 1) - 1;
      if (left > 0) open.set(route.sessionId, left);
      else open.delete(route.sessionId);
    }
  }

  async function connect(socket: WebSocket, route: TerminalRoute, access: TerminalAccess & { ok: true }): Promise<void> {
    const { sessionId, shell } = route;
    // The deadline is for the attach to begin; once it stands, the relay ends it.
    const late = new AbortController();
    const deadline = setTimeout(() => late.abort(new Error('the toolbox did not answer in time')), attachMilliseconds);
    try {
      const attached = await access.attach(attachCommand(route), late.signal);
      clearTimeout(deadline);
      const relaying = relay({ attached, socket, touched: access.touched });
      socket.resume();
      const end = await relaying;
      log.debug({ sessionId, shell, ...end }, 'terminal closed');
    } catch (error) {
      const reason = attachFailure(error);
      log.warn({ sessionId, shell, reason, err: error }, 'a terminal could not be attached');
      socket.resume();
      socket.close(closes[reason].code, closeText(closes[reason].words));
    } finally {
      clearTimeout(deadline);
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
    /** Tells every browser that the server is restarting, and refuses new ones. */
    async closeAll(reason: CloseReason = 'restarting'): Promise<void> {
      stopping = true;
      await sockets.closeAll(reason);
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
  if (!/^(-1|\d{1,15})$/.test(offset) || (boot !== null && !bootName.test(boot))) return null;
  return { sessionId, shell, offset: Number(offset), boot };
}

function attachCommand({ shell, offset, boot }: TerminalRoute): string[] {
  return ['slipway-shell', 'attach', shell, String(offset), ...(boot === null ? [] : [boot])];
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
