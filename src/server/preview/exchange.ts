import { request as ask, type ClientRequest, type ClientRequestArgs, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Way } from './connect.ts';
import { towardBrowser, towardProgram } from './headers.ts';
import { Refusal } from './refusal.ts';
import type { Spot } from './spot.ts';

/** A program may think about a request for so long; what follows the first byte of its answer may take any time. */
const answerMilliseconds = 120_000;
export const maxHeaderBytes = 64 * 1024;

export interface Exchange {
  spot: Spot;
  way: Way;
  /** What the browser is told instead of an address it would be sent on to. */
  sentOn(location: string): Promise<string>;
}

/**
 * Hands a request to the program and its answer to the browser, as streams that wait for each other. Throws a `Refusal` while
 * nothing of the answer was sent; afterwards a failure cuts the connection, so that the browser notices.
 */
export async function exchange(request: IncomingMessage, response: ServerResponse, { spot, way, sentOn }: Exchange): Promise<void> {
  const answer = await answered(request, response, spot, way);
  if (answer === null) return;
  const headers = towardBrowser(answer.rawHeaders, spot);
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'location') + 1;
  if (at > 0) headers[at] = await sentOn(headers[at] ?? '');
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  // The head of an event stream is not kept back until its first event.
  response.flushHeaders();
  await pipeline(answer, response);
}

/** The program's answer; null when the browser left first. */
async function answered(request: IncomingMessage, response: ServerResponse, spot: Spot, way: Way): Promise<IncomingMessage | null> {
  const hasBody = isSent(request);
  const options = {
    method: request.method,
    path: request.url,
    headers: headersOf(request, spot, hasBody),
    maxHeaderSize: maxHeaderBytes,
  };
  for (let isRepeated = false; ; isRepeated = true) {
    // Nobody can tell how much of a body a program took before it hung up: those go over a connection of their own.
    const call = ask({ ...options, ...(hasBody ? { createConnection: alone(way) } : { agent: way.agent }) });
    const leave = () => void call.destroy();
    response.once('close', leave);
    try {
      return await answerTo(call, hasBody ? request : null, spot);
    } catch (error) {
      response.off('close', leave);
      if (response.destroyed) return null;
      if (!isRepeated && call.reusedSocket && isHangUp(error)) continue;
      throw error;
    }
  }
}

const alone =
  ({ connect }: Way): NonNullable<ClientRequestArgs['createConnection']> =>
  (_options, done) => {
    connect().then(
      (stream) => done(null, stream),
      (error: Error) => done(error, undefined as never),
    );
    return undefined;
  };

function answerTo(call: ClientRequest, body: IncomingMessage | null, { own }: Spot): Promise<IncomingMessage> {
  const program = `${own.host}:${own.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let late: NodeJS.Timeout | undefined;
  const fail = (cause: Error) => reject(cause instanceof Refusal ? cause : new Refusal('not-http', { program, cause }));
  call.once('finish', () => {
    late = setTimeout(() => {
      reject(new Refusal('silent', { program }));
      call.destroy();
    }, answerMilliseconds);
  });
  // Stays after the answer has begun: what goes wrong then is seen at the answer.
  call.on('error', fail);
  call.once('close', () => fail(new Error('it closed the connection')));
  call.once('response', resolve);
  if (body === null) call.end();
  else {
    body.pipe(call);
    // A program may answer before it has taken everything; the rest is let go.
    call.once('close', () => body.unpipe(call).resume());
  }
  return promise.finally(() => clearTimeout(late));
}

/** Whether a request carries a body: it says how long it is, or that it comes in chunks. */
function isSent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function headersOf(request: IncomingMessage, spot: Spot, hasBody: boolean): string[] {
  const headers = towardProgram(request.rawHeaders, spot, request.socket.remoteAddress ?? '');
  if (hasBody && request.headers['content-length'] === undefined) headers.push('Transfer-Encoding', 'chunked');
  // Without it Node would announce an empty body in chunks.
  else if (
    !hasBody &&
    request.headers['content-length'] === undefined &&
    !/^(GET|HEAD|OPTIONS|DELETE|TRACE|CONNECT)$/.test(request.method ?? '')
  )
    headers.push('Content-Length', '0');
  return headers;
}

function isHangUp(error: unknown): boolean {
  const cause = error instanceof Refusal ? error.cause : error;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}
