import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { type Finding, GiB, inGiB } from './finding.ts';

const inotify = [
  { path: '/proc/sys/fs/inotify/max_user_instances', name: 'fs.inotify.max_user_instances', least: 512, set: 1024 },
  { path: '/proc/sys/fs/inotify/max_user_watches', name: 'fs.inotify.max_user_watches', least: 524_288, set: 524_288 },
] as const;

/** The inotify limits, which every node's systemd and kubelet draw on. */
export function inotifyFinding(): Finding {
  const base = { id: 'inotify', title: 'inotify limits' };
  const values = inotify.filter(({ path }) => existsSync(path)).map((limit) => ({ ...limit, value: readNumber(limit.path) }));
  if (values.length === 0) return { ...base, state: 'unknown', found: 'cannot be seen from here' };
  const found = values.map(({ name, value }) => `${name.split('.').at(-1)} ${value}`).join(', ');
  const low = values.filter(({ value, least }) => value < least);
  if (low.length === 0) return { ...base, state: 'ok', found };
  return {
    ...base,
    state: 'warning',
    found,
    breaks: 'From about the third or fourth lab on, nodes fail with "too many open files".',
    mend: `sudo sysctl -w ${low.map(({ name, set }) => `${name}=${set}`).join(' ')} (./slipway up does it when it runs as root)`,
  };
}

/** Raises low inotify limits when this is root; answers what it changed, in words, or null. */
export function raiseInotify(): string | null {
  if (process.getuid?.() !== 0) return null;
  const low = inotify.filter(({ path, least }) => existsSync(path) && readNumber(path) < least);
  const raised = low.filter(({ path, set }) => tryWrite(path, `${set}\n`));
  if (raised.length === 0) return null;
  return `raised ${raised.map(({ name, set }) => `${name} to ${set}`).join(' and ')} (until the next boot)`;
}

/** Free space where the engine keeps its data. `folder` is null for a remote engine. */
export function diskFinding(folder: string | null, watermarkBytes: number): Finding {
  const base = { id: 'disk', title: 'Disk' };
  if (folder === null || !existsSync(folder)) return { ...base, state: 'unknown', found: "the engine's disk cannot be seen from here" };
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${inGiB(free)} free in ${folder}`;
  const mend = 'Free some space; ./slipway images prune removes images that are out of date.';
  if (free < watermarkBytes) {
    return { ...base, state: 'problem', found, breaks: `No lab is started below ${inGiB(watermarkBytes)}.`, mend };
  }
  if (free < 12 * GiB) return { ...base, state: 'warning', found, breaks: 'Building the node image needs about 12 GiB.', mend };
  return { ...base, state: 'ok', found };
}

/** Memory that labs may have; a lab with one node takes about 0.7 GiB. */
export function memoryFinding(): Finding {
  const available = availableMemory();
  const found = `${inGiB(available)} available of ${inGiB(totalmem())}`;
  const base = { id: 'memory', title: 'Memory', found };
  if (available >= 2 * GiB) return { ...base, state: 'ok' };
  const mend = 'Close other programs, or give the machine more.';
  if (available < 1 * GiB) return { ...base, state: 'problem', breaks: 'A lab needs about 1 GiB to start.', mend };
  return { ...base, state: 'warning', breaks: 'One small lab at a time.', mend };
}

export function coresFinding(): Finding {
  const cores = availableParallelism();
  const base = { id: 'cores', title: 'Cores', found: String(cores) };
  if (cores >= 2) return { ...base, state: 'ok' };
  return {
    ...base,
    state: 'warning',
    breaks: 'A lab starts slowly, or its parts run into their deadlines.',
    mend: 'Give the machine two or more.',
  };
}

function availableMemory(): number {
  const match = existsSync('/proc/meminfo') ? /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) : null;
  return match?.[1] ? Number(match[1]) * 1024 : freemem();
}

const readNumber = (path: string) => Number(readFileSync(path, 'utf8'));

function tryWrite(path: string, value: string): boolean {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    // Root without the right (a container): the finding stays, with its remedy.
    return false;
  }
}
