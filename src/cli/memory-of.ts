import type Docker from 'dockerode';
import { z } from 'zod';

const Cache = z.object({ inactive_file: z.number().default(0), active_file: z.number().default(0) });
const Cache1 = z.object({ total_inactive_file: z.number(), total_active_file: z.number() });
const Stats = z.object({ memory_stats: z.object({ usage: z.number().optional(), stats: z.unknown() }) });

/** Bytes of memory that a container holds, without the file cache, which the kernel gives back. Null when the engine does not say. */
export const memoryOf =
  (docker: Docker) =>
  async (container: string, signal: AbortSignal): Promise<number | null> => {
    const options = { stream: false as const, 'one-shot': true, abortSignal: signal };
    const answer = await docker.getContainer(container).stats(options);
    const { usage, stats } = Stats.parse(answer).memory_stats;
    if (usage === undefined) return null;
    const old = Cache1.safeParse(stats).data;
    const cache = Cache.safeParse(stats).data;
    const files = old ? old.total_inactive_file + old.total_active_file : (cache?.inactive_file ?? 0) + (cache?.active_file ?? 0);
    return Math.max(0, usage - files);
  };
