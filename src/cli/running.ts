import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const Running = z.object({ pid: z.int().positive(), url: z.string() });
export type Running = z.infer<typeof Running>;

const fileIn = (data: string) => join(data, 'running.json');

/** The `up` that serves from this data folder; null when none does (a file left by one that was killed is no proof). */
export function runningIn(data: string): Running | null {
  const file = fileIn(data);
  if (!existsSync(file)) return null;
  const parsed = Running.safeParse(JSON.parse(readFileSync(file, 'utf8') || 'null'));
  return parsed.success && isSlipway(parsed.data.pid) ? parsed.data : null;
}

export function noteRunning(data: string, url: string): void {
  writeFileSync(fileIn(data), JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
}

export function noteStopped(data: string): void {
  rmSync(fileIn(data), { force: true });
}

/** Tells a running `up` to stop and waits until it has. Throws after 30 s. */
export async function stopRunning({ pid }: Running, outer: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const signal = AbortSignal.any([outer, AbortSignal.timeout(30_000)]);
  while (isSlipway(pid)) await pause(100, undefined, { signal });
}

/** Whether a process is alive and ours: a number alone may have been given to another program since. */
function isSlipway(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const cmdline = `/proc/${pid}/cmdline`;
  return !existsSync(cmdline) || readFileSync(cmdline, 'utf8').includes('src/cli/main.ts');
}
