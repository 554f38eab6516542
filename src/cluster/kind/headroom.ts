import { readdir, readFile, readlink } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import type { Headroom, Limited } from '../port.ts';
import type { Engine } from './engine.ts';
import { engineInfo } from './facts.ts';
import { networkRanges } from './network.ts';

/** What is left on the engine's host. Its kernel is asked only where it is this machine's. */
export async function headroomOf(engine: Engine, signal: AbortSignal): Promise<Headroom> {
  const [about, networks] = await Promise.all([engineInfo(engine, signal), networkRanges(engine, signal)]);
  const isOurKernel = process.platform === 'linux' && about.KernelVersion === release();
  if (!isOurKernel) {
    return { memoryBytes: null, limits: { networks, inotifyInstances: null, inotifyWatches: null, pids: null, ports: null } };
  }
  // In a container one sees the kernel's limits, but not who uses them.
  const seesAll = about.Name === hostname() && process.getuid?.() === 0;
  const [memoryBytes, instances, watches, pids, ports, inotify] = await Promise.all([
    availableMemory(),
    number('/proc/sys/fs/inotify/max_user_instances'),
    number('/proc/sys/fs/inotify/max_user_watches'),
    mostPids(),
    localPorts(),
    seesAll ? inotifyOfRoot(signal) : null,
  ]);
  return {
    memoryBytes,
    limits: {
      networks,
      inotifyInstances: limited(instances, inotify?.instances ?? null),
      inotifyWatches: limited(watches, inotify?.watches ?? null),
      pids: limited(pids, await threads()),
      ports: limited(ports, null),
    },
  };
}

const limited = (most: number | null, used: number | null): Limited | null => (most === null ? null : { most, used });

async function text(path: string): Promise<string | null> {
  // A process that has ended, or a file that this kernel does not have.
  return await readFile(path, 'utf8').catch(() => null);
}

async function number(path: string): Promise<number | null> {
  const value = Number((await text(path)) ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

async function availableMemory(): Promise<number | null> {
  const found = /^MemAvailable:\s+(\d+) kB$/m.exec((await text('/proc/meminfo')) ?? '')?.[1];
  return found === undefined ? null : Number(found) * 1024;
}

async function mostPids(): Promise<number | null> {
  const both = await Promise.all(['/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'].map(number));
  const known = both.filter((each) => each !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Processes and threads of the whole host, whatever is seen of them from here. */
async function threads(): Promise<number | null> {
  const found = /\d+\/(\d+)/.exec((await text('/proc/loadavg')) ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

async function localPorts(): Promise<number | null> {
  const [first, last] = ((await text('/proc/sys/net/ipv4/ip_local_port_range')) ?? '').trim().split(/\s+/).map(Number);
  return first === undefined || last === undefined ? null : last - first + 1;
}

/** The limits hold for each user; everything in nodes is root's. */
async function inotifyOfRoot(signal: AbortSignal): Promise<{ instances: number; watches: number }> {
  let instances = 0;
  let watches = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    signal.throwIfAborted();
    const folder = join('/proc', pid, 'fd');
    const files = await readdir(folder).catch(() => []); // It has ended.
    const links = await Promise.all(files.map(async (fd) => ({ fd, to: await readlink(join(folder, fd)).catch(() => '') })));
    const found = links.filter(({ to }) => to === 'anon_inode:inotify');
    if (found.length === 0 || !/^Uid:\s+0\s/m.test((await text(`/proc/${pid}/status`)) ?? '')) continue;
    instances += found.length;
    const told = await Promise.all(found.map(({ fd }) => text(`/proc/${pid}/fdinfo/${fd}`)));
    watches += told.reduce((sum, lines) => sum + (lines?.match(/^inotify/gm)?.length ?? 0), 0);
  }
  return { instances, watches };
}
