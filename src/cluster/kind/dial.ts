import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClusterError, type ClusterErrorCode } from '../port.ts';
import type { AgentLine } from './agents.ts';
import { gatewayPort, gatewaySecret } from './containers.ts';
import { ours } from './control-plane.ts';
import { type Engine, throwIfAborted } from './engine.ts';
import { start } from './exec.ts';
import { gatewayName } from './names.ts';

const host = '127.0.0.1';
const reachLimit = 5_000;

/** The published loopback port of a container. */
export async function publishedPort(
  engine: Engine,
  container: string,
  port: number,
  signal: AbortSignal,
): Promise<{ port: number; env: readonly string[] }> {
  const state = await engine.call(`inspect ${container}`, signal, (abortSignal) =>
    engine.docker.getContainer(container).inspect({ abortSignal }),
  );
  const published = Number(state.NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
  if (published > 0) return { port: published, env: state.Config.Env };
  throw new ClusterError('gone', `${container} is ${state.State.Status} and publishes no port.`, { command: `docker start ${container}` });
}

/** Plain TCP to a cluster's API server. */
export async function dialApi(engine: Engine, container: string, signal: AbortSignal): Promise<Socket> {
  const { port } = await publishedPort(engine, container, 6443, signal);
  return await tcp(port, container, signal);
}

/** A connection through the lab's gateway after `request` was granted; its answer line is returned beside it. */
export async function throughGateway(
  engine: Engine,
  lab: string,
  request: readonly string[],
  signal: AbortSignal,
): Promise<{ stream: Socket; answer: string }> {
  const container = gatewayName(lab);
  const { port, env } = await publishedPort(engine, container, gatewayPort, signal);
  const secret = env.find((line) => line.startsWith(`${gatewaySecret}=`))?.slice(gatewaySecret.length + 1) ?? '';
  const socket = await tcp(port, container, signal);
  socket.write(`${[secret, ...request].join(' ')}\n`);
  try {
    return { stream: socket, answer: await firstLine(socket, signal, container) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * Begins the agent of the place that a probe comes from: the gateway itself, or the gateway's program in a node. No object of
 * Kubernetes is involved: a policy or quota meets its probes as it meets the pod they come from, and not otherwise.
 */
export async function beginAgent(
  engine: Engine,
  at: { kind: 'gateway'; lab: string } | { kind: 'node'; container: string },
  signal: AbortSignal,
): Promise<AgentLine> {
  if (at.kind === 'gateway') {
    const { stream, answer } = await throughGateway(engine, at.lab, ['agent'], signal);
    granted({ stream, answer });
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    return { stream, name: gatewayName(at.lab), keepAlive: (on) => void (on ? stream.ref() : stream.unref()) };
  }
  const { stream, ended, keepAlive } = await start(engine, at.container, [`${ours}/gateway`, 'agent'], { signal, privileged: true });
  const answer = await firstLine(stream, signal, at.container).catch(async (error: unknown) => {
    stream.destroy();
    const { stderr } = await ended.catch(() => ({ stderr: '' }));
    throw new ClusterError('engine', `No probe can be made from ${at.container}.`, { output: stderr, cause: error });
  });
  granted({ stream, answer });
  return { stream, name: at.container, keepAlive };
}

/** The stream once the answer is OK; else the answer as an error. */
export function granted({ stream, answer }: { stream: Duplex; answer: string }): Duplex {
  const [verdict, code = '', ...detail] = answer.split(' ');
  if (verdict === 'OK') return stream;
  stream.destroy();
  const said = detail.join(' ');
  const known = refusals[code];
  if (known) throw new ClusterError(known.code, known.message, { output: said });
  throw new ClusterError('engine', `The lab's gateway answered ${code || 'nothing'}.`, { output: said });
}

const refusals: Readonly<Record<string, { code: ClusterErrorCode; message: string }>> = {
  refused: { code: 'refused', message: 'The connection was refused.' },
  unreachable: { code: 'unreachable', message: 'There is no route to the target.' },
  unanswered: { code: 'unanswered', message: 'The target did not answer in time.' },
  'no-name': { code: 'no-name', message: 'The name does not resolve.' },
};

export function tcp(port: number, container: string, signal: AbortSignal): Promise<Socket> {
  throwIfAborted(signal, `reach ${container}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(reachLimit)]);
    const settle = (error?: Error) => {
      limit.removeEventListener('abort', cut);
      socket.off('error', settle);
      if (!error) return resolve(socket);
      socket.destroy();
      reject(
        error instanceof ClusterError
          ? error
          : new ClusterError('gone', `${container} does not accept connections.`, { output: error.message, cause: error }),
      );
    };
    const cut = () =>
      settle(new ClusterError(signal.aborted ? 'aborted' : 'deadline', `${container} did not accept a connection in time.`));
    limit.addEventListener('abort', cut, { once: true });
    socket.once('error', settle);
    socket.once('connect', () => settle());
  });
}

const maxLine = 4096;
const answerLimit = 65_000;

/** Reads up to the first newline and leaves the rest in the stream. */
export function firstLine(stream: Duplex, signal: AbortSignal, container: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerLimit)]);
    const finish = (outcome: () => void) => {
      limit.removeEventListener('abort', cut);
      stream.off('readable', look).off('end', ended).off('close', ended).off('error', failed);
      outcome();
    };
    const failed = (error: Error) => finish(() => reject(error));
    const ended = () => failed(new ClusterError('gone', `${container} closed the connection without an answer.`));
    const cut = () => {
      stream.destroy();
      failed(new ClusterError(signal.aborted ? 'aborted' : 'deadline', `${container} did not answer in time.`));
    };
    const look = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        seen = Buffer.concat([seen, chunk]);
        const end = seen.indexOf(10);
        if (end < 0 && seen.length <= maxLine) continue;
        return finish(() => {
          if (end < 0) return reject(new ClusterError('engine', `${container} answered something that is not the gateway's protocol.`));
          const rest = seen.subarray(end + 1);
          if (rest.length > 0) stream.unshift(rest);
          resolve(seen.subarray(0, end).toString());
        });
      }
    };
    limit.addEventListener('abort', cut, { once: true });
    stream.on('readable', look).once('end', ended).once('close', ended).once('error', failed);
    if (limit.aborted) cut();
  });
}
