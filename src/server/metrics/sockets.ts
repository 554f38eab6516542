import type { IncomingMessage, Server } from 'node:http';
import type { Place } from '../hosts.ts';

export const socketKinds = ['http', 'events', 'terminal', 'preview'] as const;
export type SocketKind = (typeof socketKinds)[number];

/** How many connections are open: all of them as `http`, and of these what each long-lived one is for. */
export interface Sockets {
  /** Counts those of a server from now on. */
  count(server: Server, place: (host: string | undefined) => Place | null): void;
  open(): Readonly<Record<SocketKind, number>>;
}

const events = /^\/api\/sessions\/[^/]+\/events(\?|$)/;

export function sockets(): Sockets {
  const open: Record<SocketKind, number> = { http: 0, events: 0, terminal: 0, preview: 0 };
  const whileOpen = (kind: SocketKind, closing: { once(event: 'close', listener: () => void): unknown }) => {
    open[kind] += 1;
    closing.once('close', () => {
      open[kind] -= 1;
    });
  };
  return {
    count(server, place) {
      server.on('connection', (socket) => whileOpen('http', socket));
      server.on('request', (request: IncomingMessage, response) => {
        if (events.test(request.url ?? '') && place(request.headers.host)?.kind === 'site') whileOpen('events', response);
      });
      server.on('upgrade', (request: IncomingMessage, socket) => {
        const kind = place(request.headers.host)?.kind;
        if (kind === 'preview') whileOpen('preview', socket);
        else if (kind === 'site' && request.url?.startsWith('/ws/')) whileOpen('terminal', socket);
      });
    },
    open: () => ({ ...open }),
  };
}
