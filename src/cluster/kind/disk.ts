import { z } from 'zod';
import type { Engine } from './engine.ts';
import { label } from './names.ts';

const Usage = z.object({
  Containers: z
    .array(
      z.object({
        Labels: z.record(z.string(), z.string()).nullish(),
        SizeRw: z.number().nullish(),
        Mounts: z.array(z.object({ Name: z.string().optional() })).nullish(),
      }),
    )
    .nullish(),
  Volumes: z.array(z.object({ Name: z.string(), UsageData: z.object({ Size: z.number() }).nullish() })).nullish(),
});

type Df = (options: { abortSignal: AbortSignal }) => Promise<unknown>;

/** What the containers of each lab, and their volumes, hold on the engine's disk. The engine counts every file: it takes seconds. */
export async function diskOf(engine: Engine, instance: string, signal: AbortSignal): Promise<readonly { lab: string; bytes: number }[]> {
  // dockerode takes a signal here; its types do not say so.
  const df: Df = (options) => (engine.docker.df as Df).call(engine.docker, options);
  const { Containers, Volumes } = Usage.parse(
    await engine.call('count what is on its disk', signal, (abortSignal) => df({ abortSignal }), 4),
  );
  const volumes = new Map((Volumes ?? []).map(({ Name, UsageData }) => [Name, UsageData?.Size ?? 0]));
  const labs = new Map<string, number>();
  for (const { Labels, SizeRw, Mounts } of Containers ?? []) {
    const lab = Labels?.[label.lab];
    if (Labels?.[label.instance] !== instance || lab === undefined) continue;
    const mounted = (Mounts ?? []).reduce((sum, { Name }) => sum + (volumes.get(Name ?? '') ?? 0), 0);
    labs.set(lab, (labs.get(lab) ?? 0) + (SizeRw ?? 0) + mounted);
  }
  return [...labs].map(([lab, bytes]) => ({ lab, bytes }));
}
