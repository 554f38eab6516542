import { request as ask, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { maxHeaderBytes } from './exchange.ts';
import { towardBrowser, towardProgram } from './headers.ts';
import { Refusal } from './refusal.ts';
import type { Spot } from './spot.ts';

const answerMilliseconds = 30_000;

/**
 * Hands an upgrade (a WebSocket, as a rule) to the program over `stream`, and joins both sides when it agrees; settles when they
 * are done. What it answers instead goes to the browser. Throws a `Refusal` while nothing was sent.
 */
export async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, spot: Spot, stream: Duplex): Promise<void> {
  const program = `${spot.own.host}:${spot.own.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = towardProgram(request.rawHeaders, spot, request.socket.remoteAddress ?? '');
  headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '');
  const call = ask({
    createConnection: () => stream,
    method: request.method,
    path: request.url,
    headers,
    maxHeaderSize: maxHeaderBytes,
  });
  const late = setTimeout(() => {
    reject(new Refusal('silent', { program }));
    call.destroy();
  }, answerMilliseconds);
  const leave = () => void call.destroy();
  const settled = () => {
    clearTimeout(late);
    socket.off('close', leave);
  };
  socket.once('close', leave);
  call.on('error', (cause) => reject(new Refusal('not-http', { program, cause })));
  call.once('close', () => reject(new Refusal('not-http', { program })));
  call.once('upgrade', (answer, tunnel: Duplex, first: Buffer) => {
    settled();
    socket.write(headOf(answer, spot, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? '']));
    if (first.length > 0) socket.write(first);
    if (head.length > 0) tunnel.write(head);
    resolve(join(socket, tunnel));
  });
  call.once('response', (answer) => {
    settled();
    // The body's end is the connection's.
    socket.write(headOf(answer, spot, ['Connection', 'close']));
    resolve(pipeline(answer, socket));
  });
  call.end();
  return await promise.finally(settled);
}

function headOf({ statusCode = 502, statusMessage, rawHeaders }: IncomingMessage, spot: Spot, more: readonly string[]): string {
  const headers = [...towardBrowser(rawHeaders, spot), ...more];
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage ?? STATUS_CODES[statusCode] ?? ''}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Joins a client with a tunnel, both ways; settles when either is gone, and takes the other along. */
function join(socket: Duplex, tunnel: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const [side, other] of [
    [socket, tunnel],
    [tunnel, socket],
  ] as const) {
    // An error is followed by the close.
    side.on('error', () => other.destroy());
    side.once('close', () => {
      other.destroy();
      resolve();
    });
    side.pipe(other);
  }
  return promise;
}
