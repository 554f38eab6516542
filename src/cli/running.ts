import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { holdFolder } from '#store/only-one.ts';
import { CommandFailure } from './failure.ts';

/** `url` is null while it is still setting up. */
const Running = z.object({ pid: z.int().positive(), url: z.string().nullable() });
export type Running = z.infer<typeof Running>;

const fileIn = (data: string) => join(data, 'running.json');

/** The `up` that works in this data folder; null when none does (a file left by one that was killed is no proof). */
export function runningIn(data: string): Running | null {
  const noted = notedIn(data);
  return noted && isSlipway(noted.pid) ? noted : null;
}

/** Makes sure that one `up` at a time sets up and serves from a data folder; the other is told which. Goes with the process. */
export function beTheOnlyOne(data: string): { release(): void } {
  try {
    return holdFolder(data, 'up');
  } catch (cause) {
    const { cause: reason } = cause instanceof Error ? cause : {};
    if (!(reason instanceof Error && 'errcode' in reason && reason.errcode === sqliteBusy)) throw cause;
    const running = runningIn(data);
    const who = running ? ` (process ${running.pid})` : '';
    const message = running?.url ? `this course is already served at ${running.url}${who}` : `another npm start is setting this up${who}`;
    const advice = 'Stop it first (Ctrl-C there, or ./slipway down), or give this one a data folder of its own: SLIPWAY_DATA';
    throw new CommandFailure(message, { advice, cause });
  }
}

const sqliteBusy = 5;

/** Notes that this process works in the data folder. Whole or not at all: others read it at any moment. */
export function noteRunning(data: string, url: string | null): void {
  const own = `${fileIn(data)}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
  renameSync(own, fileIn(data));
}

/** Takes this process's note away, and nobody else's. */
export function noteStopped(data: string): void {
  if (notedIn(data)?.pid === process.pid) rmSync(fileIn(data), { force: true });
}

/** Tells a running `up` to stop and waits until it has. Throws after 30 s. */
export async function stopRunning({ pid }: Running, outer: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const signal = AbortSignal.any([outer, AbortSignal.timeout(30_000)]);
  while (isSlipway(pid)) await pause(100, undefined, { signal });
}

function notedIn(data: string): Running | null {
  const file = fileIn(data);
  if (!existsSync(file)) return null;
  const parsed = Running.safeParse(JSON.parse(readFileSync(file, 'utf8') || 'null'));
  return parsed.success ? parsed.data : null;
}

/**
 * Whether a process is alive and another Slipway: a number alone may have been given to another program since, or, in a
 * container that starts anew, to ourselves.
 */
function isSlipway(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const cmdline = `/proc/${pid}/cmdline`;
  return !existsSync(cmdline) || readFileSync(cmdline, 'utf8').includes('src/cli/main.ts');
}
