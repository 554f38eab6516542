import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { buildRuntime } from '#runtime/runtime.ts';
import { readSettings } from '#runtime/settings.ts';
import { welcome } from './cookie.ts';
import { setSecurityHeaders } from './headers.ts';
import { hostRouter, type Place } from './hosts.ts';
import { metricsOf } from './metrics/metrics.ts';
import { isFromOtherSite } from './other-sites.ts';
import { previews } from './preview/previews.ts';
import { closeWithLab, terminalAuthorizer } from './terminal-access.ts';
import { terminalUpgrade } from './terminal-socket.ts';

// Read when the adapter's module is evaluated, hence the late import.
process.env['ASTRO_NODE_AUTOSTART'] = 'disabled';
const { handler } = await import('@astrojs/node/server.js');

const settings = readSettings();
const runtime = await buildRuntime(settings);
const { log, store } = runtime.context;

// The adapter's own listener stays silent about rejections outside a request.
process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));

const plain = { 'content-type': 'text/plain; charset=utf-8' };
/** A request of the site's has so long to arrive as a whole. */
const requestMilliseconds = 30_000;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await welcome(store, request, response);
  } catch (error) {
    log.error({ err: error }, 'a visitor could not be welcomed');
    response.writeHead(503, { ...plain, 'retry-after': '5' }).end('The database does not answer. Try again in a few seconds.\n');
    return;
  }
  await handler(request, response);
}

let place: (host: string | undefined) => Place | null = () => null;

const seen = previews(runtime.context);

// What is sent to a program of a lab may be long; the site's own requests have a deadline below.
const server = createServer({ requestTimeout: 0, headersTimeout: 10_000 }, (request, response) => {
  const where = place(request.headers.host);
  if (where?.kind === 'preview') return seen.request(request, response, where);
  setSecurityHeaders(request, response);
  if (where === null) {
    response.writeHead(421, plain).end('This server does not answer to that host name. Use the address it printed when it started.\n');
    return;
  }
  if (isFromOtherSite(request)) {
    response.writeHead(403, plain).end('This request came from another site and was refused.\n');
    return;
  }
  const late = setTimeout(() => request.complete || request.destroy(), requestMilliseconds);
  response.once('close', () => clearTimeout(late));
  answer(request, response).catch((error: unknown) => {
    log.error({ err: error, url: request.url }, 'a request could not be answered');
    if (response.headersSent) response.destroy();
    else response.writeHead(500, plain).end('Something went wrong on the server; its log has the details.\n');
  });
});

metricsOf(runtime).sockets.count(server, (host) => place(host));

const terminals = terminalUpgrade({ authorize: terminalAuthorizer(runtime), log });
closeWithLab(runtime, terminals);
server.on('upgrade', (request, socket: Socket, head) => {
  socket.on('error', (error) => log.debug({ err: error }, 'a socket failed before its upgrade'));
  const where = place(request.headers.host);
  if (where?.kind === 'preview') return seen.upgrade(request, socket, head, where);
  if (where?.kind !== 'site' || !request.url?.startsWith('/ws/')) {
    socket.end(
      `HTTP/1.1 ${where === null ? '421 Misdirected Request' : '404 Not Found'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    return;
  }
  terminals.upgrade(request, socket, head);
});

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, 'stopping; labs are paused, and go on with their pages after the next start');
  server.close();
  await terminals.closeAll();
  seen.close();
  await runtime.close();
  server.closeAllConnections();
  process.exit(0);
}
process.once('SIGTERM', () => void stop('SIGTERM'));
process.once('SIGINT', () => void stop('SIGINT'));

server.on('error', (error: NodeJS.ErrnoException) => {
  log.fatal({ err: error }, error.code === 'EADDRINUSE' ? `port ${settings.port} is taken; use --port` : 'the server cannot listen');
  process.exit(1);
});
server.listen(settings.port, settings.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  place = hostRouter(port);
  log.info({ url: `http://localhost:${port}`, instance: settings.instance }, 'serving');
  runtime.begin();
  process.send?.({ type: 'listening', port });
});
