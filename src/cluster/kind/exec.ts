import { Socket } from 'node:net';
import { Duplex, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Attached, ClusterError, type ExecResult } from '../port.ts';
import { type Engine, pause, throwIfAborted } from './engine.ts';
import { adviceFor, engineFailure, pasteable, tail } from './failures.ts';

export interface RunOptions {
  signal: AbortSignal;
  stdin?: string | Uint8Array | Readable;
  user?: string;
  env?: Readonly<Record<string, string>>;
  /** Nodes want it, as kind does; never the toolbox. */
  privileged?: boolean;
  maxBytes?: number;
}

export interface Started extends Attached {
  /** Whether the connection keeps this process from ending; it does until told otherwise. */
  keepAlive(on: boolean): void;
}

/** Runs a command in a container and waits for its end. Output beyond `maxBytes` a stream is dropped. */
export async function run(engine: Engine, container: string, argv: readonly string[], options: RunOptions): Promise<ExecResult> {
  const limit = options.maxBytes ?? 1024 * 1024;
  const attached = await start(engine, container, argv, options, limit);
  const chunks: Buffer[] = [];
  let kept = 0;
  attached.stream.on('data', (chunk: Buffer) => {
    const rest = limit - kept;
    if (rest > 0) chunks.push(chunk.subarray(0, rest));
    kept += Math.min(rest, chunk.length);
  });
  const feeding = feed(attached.stream, options.stdin);
  const [{ code, stderr }] = await Promise.all([attached.ended, feeding]);
  return { code: code ?? -1, stdout: Buffer.concat(chunks).toString(), stderr };
}

/** `run` for a command that must succeed; a failure says the command, its output's tail and the likely cause. Answers stdout. */
export async function must(
  engine: Engine,
  container: string,
  argv: readonly string[],
  options: RunOptions & { shown?: readonly string[] },
): Promise<string> {
  const result = await run(engine, container, argv, options);
  if (result.code === 0) return result.stdout;
  const output = tail([result.stdout, result.stderr].filter(Boolean).join('\n'));
  const known = adviceFor(output);
  const shown = options.shown ?? argv;
  throw new ClusterError(
    known?.code ?? 'step-failed',
    `\`${shown.slice(0, 3).join(' ')}\` failed in ${container} (exit code ${result.code}).`,
    {
      command: pasteable(['docker', 'exec', container, ...shown]),
      output,
      advice: known?.advice,
    },
  );
}

/**
 * Starts a command without a terminal. `stream` is its stdin (ending it half-closes) and stdout; stderr's tail comes with `ended`.
 * The signal destroys the stream for as long as the command runs.
 */
export async function start(
  engine: Engine,
  container: string,
  argv: readonly string[],
  options: Omit<RunOptions, 'stdin' | 'maxBytes'>,
  maxStderr = 64 * 1024,
): Promise<Started> {
  const { signal } = options;
  const what = `run ${argv[0] ?? ''} in ${container}`;
  const exec = await engine.call(what, signal, (abortSignal) =>
    engine.docker.getContainer(container).exec({
      Cmd: [...argv],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Privileged: options.privileged ?? false,
      Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(options.user === undefined ? {} : { User: options.user }),
      abortSignal,
    }),
  );
  const socket = await engine.call(what, signal, (abortSignal) => exec.start({ hijack: true, stdin: true, Tty: false, abortSignal }));
  const errors: Buffer[] = [];
  let errorBytes = 0;
  const stream = demultiplex(socket, (chunk) => {
    if (errorBytes < maxStderr) errors.push(chunk.subarray(0, maxStderr - errorBytes));
    errorBytes += chunk.length;
  });
  const cut = () => stream.destroy(new ClusterError('aborted', `Stopped while about to ${what}.`, { cause: signal.reason }));
  signal.addEventListener('abort', cut, { once: true });
  const ended = (async () => {
    try {
      await closed(stream);
      throwIfAborted(signal, what);
      const code = await exitCode(engine, exec, signal, what);
      return { code, stderr: Buffer.concat(errors).toString() };
    } catch (error) {
      throwIfAborted(signal, what, error);
      throw engineFailure(error, what);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  })();
  // A caller that only reads the stream learns of the failure there.
  ended.catch(() => undefined);
  if (signal.aborted) cut();
  const keepAlive = (on: boolean) => void (socket instanceof Socket && (on ? socket.ref() : socket.unref()));
  return { stream, ended, keepAlive };
}

async function feed(stream: Duplex, stdin: RunOptions['stdin']): Promise<void> {
  try {
    if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) stream.end(stdin ?? '');
    else await pipeline(stdin, stream, { end: true });
  } catch (error) {
    // A command may end before it has read everything; its exit code tells more than EPIPE.
    if (!stream.destroyed && !stream.readableEnded) throw error;
  }
}

/** Waits until stdout has been delivered to its end; rejects when the connection broke. */
function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
    stream.once('close', () => resolve());
  });
}

async function exitCode(
  engine: Engine,
  exec: { inspect(options?: object): Promise<{ Running: boolean; ExitCode: number | null }> },
  signal: AbortSignal,
  what: string,
): Promise<number | null> {
  for (let wait = 5; ; wait = Math.min(wait * 2, 200)) {
    const state = await engine.call(what, signal, (abortSignal) => exec.inspect({ abortSignal }));
    if (!state.Running) return state.ExitCode;
    // A consumer that destroyed the stream leaves the command running: its end will not be waited for here.
    if (wait >= 200) return null;
    await pause(wait, signal, what);
  }
}

/**
 * The engine's framing of a command without a terminal (1 byte stream, 3 zero, 4 bytes length) taken off:
 * stdout on the readable side, stderr to `onError`, the writable side straight to stdin.
 * https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
 */
export function demultiplex(socket: Duplex, onError: (chunk: Buffer) => void): Duplex {
  let header = Buffer.alloc(0);
  let kind = 0;
  let left = 0;
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void socket.resume(),
    write: (chunk, encoding, done) => void socket.write(chunk, encoding, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (data: Buffer) => {
    let rest = data;
    let room = true;
    while (rest.length > 0) {
      if (left === 0) {
        const wanted = 8 - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < 8) break;
        kind = header.readUInt8(0);
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      if (kind === 2) onError(part);
      else room = stream.push(part) && room;
    }
    if (!room) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => {
    if (!stream.readableEnded) stream.push(null);
  });
  return stream;
}

/** A whole log with the same framing, as text. */
export function unframed(log: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length; ) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    parts.push(log.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}
