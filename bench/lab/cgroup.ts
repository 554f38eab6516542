import Dockerode from 'dockerode';

/** What containers hold and used: memory of programs and of the kernel for them, and processor time. */
export interface Used {
  memoryMiB: number;
  cpuSeconds: number;
}

const docker = new Dockerode();
const MiB = 1024 ** 2;

/** Of all containers with this label, whoever made them. */
export async function usedBy(label: string): Promise<Used> {
  const containers = await docker.listContainers({ filters: JSON.stringify({ label: [label] }) });
  if (containers.length === 0) throw new Error(`there are no containers with ${label}`);
  const each = await Promise.all(
    containers.map(async ({ Id }) => ofOne(await docker.getContainer(Id).stats({ stream: false, 'one-shot': true }))),
  );
  const sum = (of: keyof Used) => each.reduce((total, one) => total + one[of], 0);
  return { memoryMiB: sum('memoryMiB'), cpuSeconds: sum('cpuSeconds') };
}

/**
 * Pages of files on a disk are left out: whoever needs the memory gets them. Files that are kept in memory (tmpfs) count. Version 2 of
 * control groups counts by kind, version 1 does not.
 */
function ofOne({ memory_stats: memory, cpu_stats: cpu }: Dockerode.ContainerStats): Used {
  const details = (memory.stats ?? {}) as unknown as Readonly<Record<string, number | undefined>>;
  const { anon, shmem = 0 } = details;
  const kept = details['total_shmem'] ?? shmem;
  const bytes =
    anon === undefined
      ? (memory.usage ?? 0) - (details['total_cache'] ?? details['cache'] ?? 0) + kept
      : anon + kept + (details['kernel'] ?? (details['kernel_stack'] ?? 0) + (details['slab'] ?? 0) + (details['pagetables'] ?? 0));
  return { memoryMiB: bytes / MiB, cpuSeconds: (cpu.cpu_usage?.total_usage ?? 0) / 1e9 };
}
