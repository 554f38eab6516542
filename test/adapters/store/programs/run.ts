import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Running {
  process: ChildProcessByStdio<null, Readable, null>;
  /** Its output, line by line. */
  lines: AsyncIterableIterator<string>;
  ended: Promise<void>;
}

/** Starts one of the programs of this folder in a process of its own. */
export function run(name: 'hold-lock' | 'record-forever' | 'die-migrating', ...args: readonly string[]): Running {
  const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { process: child, lines: createInterface(child.stdout)[Symbol.asyncIterator](), ended };
}
