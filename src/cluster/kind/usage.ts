import type Dockerode from 'dockerode';
import type { LabRef, LabUsage } from '../port.ts';
import type { Engine } from './engine.ts';
import { containersOf } from './find.ts';

/** What all containers of a lab use together. Pages of files that the kernel would give back are not counted. */
export async function usageOf(engine: Engine, { instance, lab, epoch }: LabRef, signal: AbortSignal): Promise<LabUsage> {
  const containers = await containersOf(engine, { instance, lab, epoch }, signal);
  const each = await Promise.all(
    containers.map(async ({ Id, State }) => {
      if (State !== 'running' && State !== 'paused') return { memoryBytes: 0, cpuMilliseconds: 0 };
      const container = engine.docker.getContainer(Id);
      const options = { stream: false as const, 'one-shot': true, abortSignal: signal };
      return used(await engine.call(`read the usage of ${Id.slice(0, 12)}`, signal, () => container.stats(options)));
    }),
  );
  return {
    memoryBytes: each.reduce((sum, one) => sum + one.memoryBytes, 0),
    cpuMilliseconds: each.reduce((sum, one) => sum + one.cpuMilliseconds, 0),
  };
}

/** `total_…` under cgroup v1, where a container's own counters leave out the groups below it: a node's pods. */
function used({ memory_stats: memory, cpu_stats: cpu }: Dockerode.ContainerStats): LabUsage {
  const details = memory.stats as unknown as Readonly<Record<string, number | undefined>> | undefined;
  const files = details?.['total_inactive_file'] ?? details?.['inactive_file'] ?? 0;
  return { memoryBytes: Math.max(0, (memory.usage ?? 0) - files), cpuMilliseconds: (cpu.cpu_usage?.total_usage ?? 0) / 1e6 };
}
