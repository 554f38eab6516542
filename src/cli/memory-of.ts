import type Docker from 'dockerode';
import { z } from 'zod';

const Stats = z.object({
  memory_stats: z.object({
    usage: z.number().optional(),
    stats: z.object({ inactive_file: z.number().optional(), total_inactive_file: z.number().optional() }).optional(),
  }),
});

/** Bytes of memory that a container holds, without file cache that is not in use: as `docker stats` shows it. Null when the engine does not say. */
export const memoryOf =
  (docker: Docker) =>
  async (container: string, signal: AbortSignal): Promise<number | null> => {
    const options = { stream: false as const, 'one-shot': true, abortSignal: signal };
    const answer = await docker.getContainer(container).stats(options);
    const { usage, stats = {} } = Stats.parse(answer).memory_stats;
    return usage === undefined ? null : Math.max(0, usage - (stats.inactive_file ?? stats.total_inactive_file ?? 0));
  };
