import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { CommandFailure } from '../failure.ts';

/** Throws when nobody could listen on this port, naming who does where that can be seen. Port 0 is always free. */
export async function needFreePort(host: string, port: number): Promise<void> {
  const error = await bindError(host, port);
  if (error === null) return;
  if (error === 'EACCES') throw new CommandFailure(`this user may not listen on port ${port}`, { advice: 'Take another: --port 4321' });
  if (error !== 'EADDRINUSE')
    throw new CommandFailure(`cannot listen on ${host}:${port} (${error})`, { advice: 'Take another: --port 4322' });
  const holder = holderOf(port);
  const who = holder ? `${holder.name} (process ${holder.pid})` : 'another program';
  throw new CommandFailure(`port ${port} is taken by ${who}`, {
    advice: `Stop it, or take another port: --port ${port === 65_535 ? 4321 : port + 1}`,
  });
}

/** The error code of listening there for a moment; null when it works. */
export function bindError(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** A port that was free a moment ago. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** The process that listens on a TCP port of this machine, from /proc; null where that cannot be seen. */
export function holderOf(port: number, proc = '/proc'): { pid: number; name: string } | null {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listenersIn(read(`${proc}/net/${table}`), port)));
  if (inodes.size === 0) return null;
  for (const pid of entries(proc).filter((name) => /^\d+$/.test(name))) {
    const links = entries(`${proc}/${pid}/fd`).map((fd) => link(`${proc}/${pid}/fd/${fd}`));
    if (links.some((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''))) {
      return { pid: Number(pid), name: nameOf(`${proc}/${pid}`) };
    }
  }
  return null;
}

/** Inodes of sockets in state LISTEN (0A) on this port, in a table of proc(5)'s net/tcp form. */
function listenersIn(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${hex}`) && columns[3] === '0A')
    .map((columns) => columns[9] ?? '');
}

/** The command line, as far as it tells programs apart; the thread's name where it is hidden. */
function nameOf(process: string): string {
  const [program = '', ...args] = read(`${process}/cmdline`).split('\0');
  const command = [basename(program), ...args].join(' ').trim();
  return command.slice(0, 60) || read(`${process}/comm`).trim() || 'a program';
}

// Processes come and go, and other users' are closed to us: what cannot be read is as good as not there.
const orElse = <T>(attempt: () => T, otherwise: T): T => {
  try {
    return attempt();
  } catch {
    return otherwise;
  }
};
const read = (path: string) => orElse(() => readFileSync(path, 'utf8'), '');
const link = (path: string) => orElse(() => readlinkSync(path), '');
const entries = (path: string) => orElse(() => readdirSync(path), []);
