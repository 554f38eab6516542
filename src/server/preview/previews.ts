import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { refOf } from '#runtime/context.ts';
import { asProblem } from '#runtime/problem.ts';
import { admit, enter, enterPath, openAddress, type PreviewContext, type PreviewPlace, type Visit, visitSeconds } from './admission.ts';
import { ways } from './connect.ts';
import { exchange } from './exchange.ts';
import { visitCookie } from './headers.ts';
import { Refusal, refusalAnswer } from './refusal.ts';
import { previewSeenAt } from './spot.ts';
import { upgrade } from './upgrade.ts';

/** Requests and sockets of all previews of a lab at one time. */
const maxOpen = 64;
/** What a page asks for by itself keeps a lab awake for so long after somebody last went to a page or changed something. */
const byItselfMilliseconds = 30 * 60_000;

/** Answers what is asked of the hosts of previews: by tickets, cookies, and the programs of labs. */
export function previews(context: PreviewContext) {
  const { log, store } = context;
  const roads = ways(context.provider);
  const open = new Map<string, number>();
  const usedAt = new Map<string, number>();

  /** Does `work` while it counts as one of the session's open connections. */
  async function counted<T>(session: string, work: () => Promise<T>): Promise<T> {
    const count = open.get(session) ?? 0;
    if (count >= maxOpen) throw new Refusal('too-many');
    open.set(session, count + 1);
    try {
      return await work();
    } finally {
      const left = (open.get(session) ?? 1) - 1;
      if (left > 0) open.set(session, left);
      else open.delete(session);
    }
  }

  function noteUse(session: string, { method, headers }: IncomingMessage): void {
    const now = Date.now();
    const isAct = headers['sec-fetch-mode'] === 'navigate' || (method !== 'GET' && method !== 'HEAD');
    if (isAct) usedAt.set(session, now);
    else if (now - (usedAt.get(session) ?? 0) > byItselfMilliseconds) return;
    store.sessions.touch(session).catch((error: unknown) => log.warn({ err: error }, 'activity could not be noted'));
  }

  async function admitted(request: IncomingMessage, place: PreviewPlace): Promise<Visit> {
    const visit = await admit(context, place, request);
    noteUse(visit.session.id, request);
    return visit;
  }

  async function answer(request: IncomingMessage, response: ServerResponse, place: PreviewPlace): Promise<void> {
    if (request.url?.split('?', 1)[0] === enterPath) {
      if (request.method !== 'GET') throw new Refusal('method');
      const { token, path } = await enter(context, place, request.url);
      usedAt.set(place.session, Date.now());
      const cookie = `${visitCookie}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${visitSeconds}`;
      const headers = { location: path, 'set-cookie': cookie, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
      response.writeHead(303, headers).end();
      return;
    }
    const visit = await admitted(request, place);
    const { spot, session } = visit;
    const sentOn = async (location: string) => {
      const url = URL.parse(location);
      const neighbour = url === null ? undefined : previewSeenAt(spot, url.origin);
      if (url === null || neighbour === undefined || neighbour === spot.own || request.headers['sec-fetch-mode'] !== 'navigate')
        return location;
      // Whoever may see one program of a lab may see the others: a visit there begins at once.
      return await openAddress(context, { ...visit, spot: { ...spot, own: neighbour } }, `${url.pathname}${url.search}${url.hash}`);
    };
    await counted(session.id, () => exchange(request, response, { spot, way: roads.to(refOf(context, session), spot.own), sentOn }));
  }

  /** What goes wrong, as a refusal; what nobody foresaw is in the log. */
  function refusalOf(error: unknown, request: IncomingMessage): Refusal {
    if (error instanceof Refusal) return error;
    const isKnown = asProblem(error).status !== 500;
    log[isKnown ? 'warn' : 'error']({ err: error, host: request.headers.host }, 'a preview could not be answered');
    return new Refusal(isKnown ? 'away' : 'internal', { cause: error });
  }

  return {
    request(request: IncomingMessage, response: ServerResponse, place: PreviewPlace): void {
      answer(request, response, place).catch((error: unknown) => {
        // The browser left, or the program broke off in the middle: both see it at the connection.
        if (response.headersSent || response.destroyed) return void response.destroy();
        const refusal = refusalOf(error, request);
        const { headers, body } = refusalAnswer(refusal, request, siteOf(place));
        response.writeHead(refusal.status, { ...headers, connection: 'close' }).end(request.method === 'HEAD' ? undefined : body);
      });
    },

    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, place: PreviewPlace): void {
      const work = async () => {
        const { spot, session } = await admitted(request, place);
        await counted(session.id, async () => {
          const stream = await roads.to(refOf(context, session), spot.own).connect();
          if (socket.destroyed) stream.destroy();
          else await upgrade(request, socket, head, spot, stream);
        });
      };
      work().catch((error: unknown) => {
        if (socket.destroyed || socket.writableEnded) return;
        const refusal = refusalOf(error, request);
        const { headers, body } = refusalAnswer(refusal, request, siteOf(place));
        const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
        socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
      });
    },

    close: () => roads.close(),
  };
}

const siteOf = ({ port }: PreviewPlace) => `http://localhost${port}`;
