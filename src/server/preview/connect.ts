import { Agent } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import { ClusterError, type ClusterErrorCode, type ClusterProvider, type LabRef } from '#cluster/port.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import { type LabPreview, programHost } from './spot.ts';

const connectMilliseconds = 10_000;
/** The program's host has so long to accept. */
const acceptMilliseconds = 4_000;
const idleMilliseconds = 10_000;
const maxIdle = 8;

const codes: Partial<Record<ClusterErrorCode, RefusalCode>> = {
  refused: 'not-listening',
  'no-name': 'not-listening',
  unreachable: 'not-listening',
  unanswered: 'silent',
};

/** A connection to the program that a preview shows. Throws a `Refusal`. */
export async function connectTo(provider: ClusterProvider, ref: LabRef, preview: LabPreview): Promise<Duplex> {
  const { host, port, tls } = preview;
  const program = `${host}:${port}`;
  const signal = AbortSignal.timeout(connectMilliseconds);
  const target = { kind: 'network', host, port, connectWithin: acceptMilliseconds } as const;
  const plain = await provider.dial(ref, target, signal).catch((cause: unknown) => {
    const code = cause instanceof ClusterError ? codes[cause.code] : undefined;
    throw new Refusal(code ?? 'away', { program, cause });
  });
  if (!tls) return plain;
  return await secured(plain, programHost(preview), signal).catch((cause: unknown) => {
    plain.destroy();
    throw new Refusal(signal.aborted ? 'silent' : 'no-tls', { program, cause });
  });
}

/** Any certificate is taken: what runs in a lab is its learner's own. */
function secured(plain: Duplex, name: string, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const hostname = name.replace(/:\d+$/, '');
  const servername = /^[\d.]+$|:/.test(hostname) ? '' : hostname;
  const socket = secure({ socket: plain, servername, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  const cut = () => void socket.destroy(new Error('no TLS handshake in time'));
  plain.on('error', (error) => socket.destroy(error));
  signal.addEventListener('abort', cut, { once: true });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed during the TLS handshake')));
  socket.once('secureConnect', () => resolve(socket));
  return promise.finally(() => signal.removeEventListener('abort', cut));
}

/** Ways to the program of one preview. */
export interface Way {
  /** Keeps connections open between requests: making one asks the engine where the lab is. */
  agent: Agent;
  /** One that nobody else uses. Throws a `Refusal`. */
  connect(): Promise<Duplex>;
}

/** One way for each program, for as long as it is used. */
export function ways(provider: ClusterProvider) {
  const known = new Map<string, Way>();
  return {
    to(ref: LabRef, preview: LabPreview): Way {
      const key = JSON.stringify([ref.lab, ref.epoch, preview]);
      const found = known.get(key);
      if (found !== undefined) return found;
      for (const [other, { agent }] of known) if (isIdle(agent)) known.delete(other);
      const connect = () => connectTo(provider, ref, preview);
      const way = { agent: keeping(connect), connect };
      known.set(key, way);
      return way;
    },
    close() {
      for (const { agent } of known.values()) agent.destroy();
      known.clear();
    },
  };
}

function keeping(connect: Way['connect']): Agent {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: maxIdle, timeout: idleMilliseconds });
  agent.createConnection = (_options, done) => {
    connect().then(
      (stream) => {
        // A program that hangs up while nothing is asked is noticed then, not at the next request.
        stream.allowHalfOpen = false;
        done?.(null, stream);
      },
      (error: Error) => done?.(error, new Socket()),
    );
    return undefined;
  };
  return agent;
}

const isIdle = ({ sockets, freeSockets, requests }: Agent) =>
  [sockets, freeSockets, requests].every((each) => Object.keys(each).length === 0);
