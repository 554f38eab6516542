import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ClientCredentials } from '#cluster/port.ts';
import { Blind } from './blind.ts';
import type { Eyes } from './eyes.ts';

export interface LabRequest {
  /** Host name on the lab's network. */
  host: string;
  port: number;
  path: string;
  accept?: string;
  /** Posted as JSON; a GET without it. */
  body?: unknown;
  /** Speaks TLS as this client; the server must be of its authority, whatever name it has. */
  credentials?: ClientCredentials;
}

export interface LabAnswer {
  status: number;
  text: string;
}

const largest = 8 * 1024 * 1024;

/** Asks a server on the lab's network, over a connection of its own. Throws when no whole answer came. */
export async function askInLab({ provider, ref }: Eyes, asked: LabRequest, signal: AbortSignal): Promise<LabAnswer> {
  const { host, port, path, accept = 'application/json', body, credentials } = asked;
  let plain: Duplex | undefined;
  try {
    plain = await provider.dial(ref, { kind: 'network', host, port }, signal);
    const stream = credentials ? await secured(plain, credentials, signal) : plain;
    return await exchange(stream, { host: `${host}:${port}`, path, accept, body }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Blind) throw error;
    throw new Blind(`${host}:${port} gave no answer to ${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    plain?.destroy();
  }
}

function exchange(
  stream: Duplex,
  { host, path, accept, body }: { host: string; path: string; accept: string; body: unknown },
  signal: AbortSignal,
): Promise<LabAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<LabAnswer>();
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const headers = { host, accept, connection: 'close', ...(sent === undefined ? {} : { 'content-type': 'application/json' }) };
  const call = request({ createConnection: () => stream, method: sent === undefined ? 'GET' : 'POST', path, headers, signal });
  call.once('error', reject);
  call.once('upgrade', () => reject(new Error('it changed to another protocol')));
  call.once('close', () => reject(new Error('it closed the connection')));
  call.once('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > largest) call.destroy(new Error(`its answer exceeds ${largest} bytes`));
    });
    response.once('error', reject);
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
  });
  call.end(sent);
  return promise;
}

function secured(plain: Duplex, { ca, cert, key }: ClientCredentials, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = connect({ socket: plain, ca, cert, key, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] });
  const cut = () => void socket.destroy(new Error('no TLS handshake in time'));
  signal.addEventListener('abort', cut, { once: true });
  socket.once('error', reject);
  socket.once('secureConnect', () => resolve(socket));
  return promise.finally(() => signal.removeEventListener('abort', cut));
}

/** The body of an answer as JSON; null for 404. Throws for what is neither. */
export function jsonOf({ status, text }: LabAnswer, { host, port, path }: LabRequest): unknown {
  if (status === 404) return null;
  if (status < 200 || status > 299) throw new Blind(`${host}:${port} answered ${status} to ${path}: ${text.slice(0, 300)}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Blind(`${host}:${port} answered ${path} with something that is not JSON`, { cause: error });
  }
}
