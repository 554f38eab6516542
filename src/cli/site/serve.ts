import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../failure.ts';

export interface ServeOptions {
  root: string;
  host: string;
  port: number;
  /** The settings the server reads, on top of this process's environment. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Takes what the server writes to its output; without it, that goes where this process's goes. */
  output?: ((output: Readable) => void) | undefined;
  /** Called once, when the site answers. */
  ready: (url: string) => void;
}

/**
 * Runs the built server until it ends or `signal` fires, then tells it to stop (SIGTERM; after 20 s SIGKILL).
 * Answers 0 when it stopped because it was told to, else its own exit code.
 */
export async function serve({ root, host, port, env, signal, output, ready }: ServeOptions): Promise<number> {
  const preload = join(root, 'src/cli/site/with-parent.ts');
  const child = spawn(process.execPath, ['--import', preload, join(root, 'dist/server/entry.mjs')], {
    cwd: root,
    env: { ...process.env, ...env },
    // A group of its own: Ctrl-C then reaches this process alone, and the server is told exactly once.
    detached: true,
    stdio: ['ignore', output ? 'pipe' : 'inherit', 'inherit', 'ipc'],
  });
  if (output && child.stdout) output(child.stdout);
  const over = new AbortController();
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new CommandFailure(`the server could not be started: ${cause.message}`, { cause })));
    child.once('exit', (code, by) => {
      over.abort();
      resolve(code ?? (by === 'SIGKILL' ? 137 : 143));
    });
  });
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    if (await answers(`${url}/readyz`, AbortSignal.any([signal, over.signal]))) ready(url);
    const code = await ended;
    if (signal.aborted) return 0;
    throw new CommandFailure(`the server ended by itself with ${code}`, { advice: 'What it said last is above.', exitCode: code || 1 });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits until a URL answers 200. False when the signal fires first; after 60 s an error with the last answer. */
async function answers(url: string, outer: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(60_000)]);
  let last = 'nothing';
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { signal });
      if (response.ok) return true;
      last = `${response.status} ${await response.text()}`.trim();
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(60, undefined, { signal }).catch(() => undefined);
  }
  if (outer.aborted) return false;
  throw new CommandFailure(`the server did not become ready within 60 s; ${url} said: ${last}`);
}
