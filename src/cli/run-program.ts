import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { CommandFailure } from './failure.ts';
import { asTheUserWould } from './umask.ts';

export interface ProgramOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** Called with each line of output, of either stream. */
  line?: (text: string) => void;
  /** A file that keeps all output; with `append`, after what it holds. */
  log?: string;
  append?: boolean;
  /** Called with each message the program sends over Node's channel. */
  message?: (value: unknown) => void;
}

export interface Ended {
  code: number;
  /** The last 200 lines. */
  output: string;
}

/** Runs a program to its end. Ctrl-C ends it and everything it started. Throws only when it cannot be started or was stopped. */
export async function runProgram(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<Ended> {
  options.signal.throwIfAborted();
  const [program, ...args] = argv;
  const child = asTheUserWould(() =>
    spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      // A group of its own, so that what it started can be ended with it.
      detached: true,
      stdio: options.message ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    }),
  );
  if (options.message) child.on('message', options.message);
  const end = () => endGroup(child);
  options.signal.addEventListener('abort', end, { once: true });
  const log = options.log === undefined ? undefined : openLog(options.log, options.append ?? false);
  const kept: string[] = [];
  const hear = (coloured: string) => {
    const text = stripVTControlCharacters(coloured);
    kept.push(text);
    if (kept.length > 200) kept.shift();
    log?.write(`${text}\n`);
    options.line?.(text);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', hear);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => reject(new CommandFailure(`${program} could not be started: ${cause.message}`, { cause })));
      child.once('close', (exit, signal) => resolve(exit ?? (signal === 'SIGKILL' ? 137 : 143)));
    });
    options.signal.throwIfAborted();
    return { code, output: kept.join('\n') };
  } finally {
    options.signal.removeEventListener('abort', end);
    log?.end();
  }
}

/** As `runProgram`, and throws with the command and its last lines when it does not succeed. */
export async function mustRun(argv: readonly [string, ...string[]], options: ProgramOptions & { advice?: string }): Promise<string> {
  const { code, output } = await runProgram(argv, options);
  if (code === 0) return output;
  const tail = output.split('\n').slice(-15).join('\n  | ');
  throw new CommandFailure(`this failed with ${code}: ${argv.join(' ')}\n  | ${tail}`, { advice: options.advice });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  const group = -child.pid;
  const send = (name: NodeJS.Signals) => {
    try {
      process.kill(group, name);
    } catch (error) {
      // ESRCH: the whole group has ended by itself.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), 5000).unref();
}

function openLog(path: string, append: boolean): WriteStream {
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path, { flags: append ? 'a' : 'w' });
}
