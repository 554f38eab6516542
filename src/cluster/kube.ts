import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import { type Dispatcher, Pool } from 'undici';
import { type ClientCredentials, ClusterError } from './port.ts';

/** A Kubernetes API server, read as JSON: what graders see is what the API said. */
export interface Kube {
  /** Any status is an answer. Throws `ClusterError` when there was none in time, or it exceeded `maxBytes` (default 8 MiB). */
  get(path: string, options: RequestOptions): Promise<KubeAnswer>;
  send(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    options: RequestOptions & { contentType?: string },
  ): Promise<KubeAnswer>;
  /**
   * Watch events as they come, from a path with its `resourceVersion` and such but without `watch=1`.
   * Ends when the server ends the watch or the signal fires; throws on a status other than 200 and on a lost connection.
   * `opened` is called when the server has agreed to it.
   */
  watch(path: string, options: { signal: AbortSignal; opened?: () => void }): AsyncIterable<unknown>;
  close(): Promise<void>;
}

export interface RequestOptions {
  signal: AbortSignal;
  maxBytes?: number;
}

export interface KubeAnswer {
  status: number;
  /** Parsed when the server says it is JSON, else the text (logs, metrics). */
  body: unknown;
}

export interface KubeOptions {
  /** Plain bytes to the API server; TLS is put on them here. */
  connect(signal: AbortSignal): Promise<Duplex>;
  credentials: ClientCredentials;
}

const connectLimit = 10_000;
/** Every API server's certificate is good for this name, however it was reached. */
const serverName = 'kubernetes';

export function kube({ connect, credentials }: KubeOptions): Kube {
  const pool = new Pool(`https://${serverName}`, {
    connect: (_options, done) => {
      const limit = AbortSignal.timeout(connectLimit);
      connect(limit).then(
        (stream) => {
          const { ca, cert, key } = credentials;
          const socket = secure({ socket: stream, ca, cert, key, servername: serverName, ALPNProtocols: ['http/1.1'] });
          const cut = () => socket.destroy(new ClusterError('deadline', 'The API server did not finish the TLS handshake in time.'));
          limit.addEventListener('abort', cut, { once: true });
          const settle = (error: Error | null) => {
            limit.removeEventListener('abort', cut);
            socket.removeListener('error', settle);
            if (error) done(error, null);
            else done(null, socket);
          };
          socket.once('error', settle);
          socket.once('secureConnect', () => settle(null));
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
      );
    },
    connections: 32,
    keepAliveTimeout: 30_000,
    pipelining: 1,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });

  const request = async (options: Omit<Dispatcher.RequestOptions, 'origin'> & { signal: AbortSignal }) => {
    try {
      return await pool.request(options);
    } catch (error) {
      throw lost(error, options.signal, options.path);
    }
  };

  const answer = async (
    response: Dispatcher.ResponseData,
    path: string,
    { signal, maxBytes = 8 * 1024 * 1024 }: RequestOptions,
  ): Promise<KubeAnswer> => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new ClusterError('too-large', `The answer to ${path} exceeds ${maxBytes} bytes.`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw lost(error, signal, path);
    }
    const text = Buffer.concat(chunks).toString();
    const isJson = `${response.headers['content-type'] ?? ''}`.includes('json');
    return { status: response.statusCode, body: isJson ? parsed(text, path) : text };
  };

  return {
    async get(path, options) {
      const response = await request({ method: 'GET', path, headers: { accept: 'application/json, */*' }, signal: options.signal });
      return await answer(response, path, options);
    },
    async send(method, path, body, options) {
      const headers = { accept: 'application/json', 'content-type': options.contentType ?? 'application/json' };
      const payload = body === undefined ? null : JSON.stringify(body);
      const response = await request({ method, path, headers, body: payload, signal: options.signal });
      return await answer(response, path, options);
    },
    async *watch(path, { signal, opened }) {
      const url = `${path}${path.includes('?') ? '&' : '?'}watch=1`;
      const response = await request({ method: 'GET', path: url, headers: { accept: 'application/json' }, signal, bodyTimeout: 0 });
      if (response.statusCode !== 200) {
        const { status } = await answer(response, url, { signal });
        throw new ClusterError('api', `The API server refused to watch ${path} (HTTP ${status}).`);
      }
      opened?.();
      try {
        for await (const line of lines(response.body as AsyncIterable<Buffer>)) yield parsed(line, url);
      } catch (error) {
        if (signal.aborted) return;
        throw lost(error, signal, url);
      }
    },
    close: () => pool.destroy(),
  };
}

const maxLine = 4 * 1024 * 1024;

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxLine) throw new ClusterError('too-large', `A watch event exceeds ${maxLine} bytes.`);
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClusterError('api', `The API server's answer to ${path} is not JSON.`, { output: text.slice(0, 500), cause: error });
  }
}

function lost(error: unknown, signal: AbortSignal, path: string): ClusterError {
  if (error instanceof ClusterError) return error;
  if (signal.aborted) {
    const isOverdue = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    return new ClusterError(isOverdue ? 'deadline' : 'aborted', `No answer from the API server to ${path} in time.`, { cause: error });
  }
  const said = error instanceof Error ? error.message : String(error);
  return new ClusterError('api', `The API server did not answer ${path}.`, { output: said, cause: error });
}
