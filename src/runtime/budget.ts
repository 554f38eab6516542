import { type Headroom, type HostFacts, type HostLimit, hostLimits } from '#cluster/port.ts';
import type { LabFile } from '#lab/lab-file.ts';
import type { Measures } from '#store/port.ts';
import type { CourseLab } from './course.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
/** Left to the rest of the machine beside labs, whatever the settings allow. */
const memoryReserve = 256 * MiB;

/** Memory that labs may hold where nobody set it: that of the machine, less 15 % and 1 GiB. */
export function defaultMemory({ memoryBytes }: Pick<HostFacts, 'memoryBytes'>): number {
  return Math.max(0, Math.floor(memoryBytes * 0.85 - GiB));
}

/** Labs that are made at once where nobody set it. Each is at work on a core or two; more at once makes all of them slower. */
export function defaultStarts({ cores }: Pick<HostFacts, 'cores'>): number {
  return Math.max(1, cores);
}

/**
 * Memory that a lab holds: as it was measured on this host, else what its author says. One learner who filled a lab
 * with something large does not make it too large for everybody.
 */
export function memoryOf({ file }: Pick<CourseLab, 'file'>, measures: Measures): number {
  const declared = file.memoryMiB * MiB;
  const measured = measures['memory'];
  return measured === undefined ? declared : Math.min(Math.max(measured.p90, declared / 4), declared * 2);
}

/** What one lab takes of each, on the large side: measured on labs that stand, with room for what learners run. */
export function takes({ clusters }: Pick<LabFile, 'clusters'>): Readonly<Record<HostLimit, number>> {
  const planes = clusters.length;
  const workers = clusters.reduce((sum, cluster) => sum + cluster.workers, 0);
  return {
    networks: 1,
    inotifyInstances: 32 * planes + 20 * workers,
    inotifyWatches: 500 * (planes + workers),
    pids: 350 * planes + 200 * workers + 150,
    ports: planes + 1,
  };
}

/** Why something cannot be begun at the moment, and how to mend it. */
export interface Shortage {
  code: string;
  message: string;
  advice: string;
}

/**
 * The first limit of the host that a lab would run into, or null. `standing` are the labs that stand, `beginning` those of
 * them that are being made: what they will take may not be seen yet.
 */
export function limitShortage(
  lab: LabFile,
  { limits }: Pick<Headroom, 'limits'>,
  labs: { standing: readonly LabFile[]; beginning: readonly LabFile[] },
): Shortage | null {
  const wanted = takes(lab);
  for (const limit of hostLimits) {
    const limited = limits[limit];
    if (limited === null) continue;
    const sum = (some: readonly LabFile[]) => some.reduce((total, each) => total + takes(each)[limit], 0);
    const used = limited.used === null ? sum(labs.standing) : limited.used + sum(labs.beginning);
    const free = Math.max(0, limited.most - used);
    if (free < wanted[limit]) return { code: `no-${codes[limit]}`, ...words[limit](limited.most, free, wanted[limit]) };
  }
  return null;
}

/** Whether there is really so much memory: other programs use some too. */
export function memoryShortage(needBytes: number, beginningBytes: number, headroom: Headroom | null): Shortage | null {
  const free = headroom?.memoryBytes ?? null;
  if (free === null || free - memoryReserve - beginningBytes >= needBytes) return null;
  return {
    code: 'no-memory',
    message: `This lab needs about ${inGiB(needBytes)} of memory, and this machine has ${inGiB(Math.max(0, free - beginningBytes))} left.`,
    advice: 'End a lab, or close other programs.',
  };
}

/** Why a lab can never be begun here, whoever ends theirs; null when it can. */
export function neverFits(lab: CourseLab, needBytes: number, budgetBytes: number, headroom: Headroom | null): Shortage | null {
  const least = Math.min(needBytes, lab.file.memoryMiB * MiB);
  if (least > budgetBytes) {
    return {
      code: 'lab-too-large',
      message: `This lab needs about ${inGiB(least)} of memory, and all labs together may use ${inGiB(budgetBytes)} on this machine.`,
      advice: 'Run Slipway on a larger machine, or raise SLIPWAY_MEMORY_MIB if it has more to give.',
    };
  }
  if (headroom === null) return null;
  const alone = Object.fromEntries(hostLimits.map((limit) => [limit, headroom.limits[limit] && { ...headroom.limits[limit], used: 0 }]));
  return limitShortage(lab.file, { limits: alone as Headroom['limits'] }, { standing: [], beginning: [] });
}

export const inGiB = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

const codes: Readonly<Record<HostLimit, string>> = {
  networks: 'address',
  inotifyInstances: 'inotify',
  inotifyWatches: 'inotify',
  pids: 'pids',
  ports: 'ports',
};

type Words = (most: number, free: number, needed: number) => Pick<Shortage, 'message' | 'advice'>;
const words: Readonly<Record<HostLimit, Words>> = {
  networks: (most) => ({
    message: `All ${most} address ranges for the networks of labs are in use.`,
    advice: 'End a lab, or remove networks that nobody uses (`docker network prune`).',
  }),
  inotifyInstances: (most, free, needed) => ({
    message: `This machine allows ${most} inotify instances, ${free} are left, and this lab needs about ${needed}: its nodes would fail with "too many open files".`,
    advice: 'Raise the limit: `sudo sysctl -w fs.inotify.max_user_instances=1024`. Or end a lab.',
  }),
  inotifyWatches: (most, free, needed) => ({
    message: `This machine allows ${most} inotify watches, ${free} are left, and this lab needs about ${needed}.`,
    advice: 'Raise the limit: `sudo sysctl -w fs.inotify.max_user_watches=524288`. Or end a lab.',
  }),
  pids: (most, free, needed) => ({
    message: `This machine allows ${most} processes and threads, ${free} are left, and this lab may need ${needed}.`,
    advice: 'Raise the limit: `sudo sysctl -w kernel.pid_max=4194304`. Or end a lab.',
  }),
  ports: (most, free) => ({
    message: `Of ${most} ports that programs may be given, ${free} are left.`,
    advice: 'End a lab, or widen the range: `sudo sysctl -w net.ipv4.ip_local_port_range="16384 60999"`.',
  }),
};
