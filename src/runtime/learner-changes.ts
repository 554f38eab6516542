import { z } from 'zod';
import { type Kube, kube } from '#cluster/kube.ts';
import type { LabSession } from '#store/port.ts';
import { isLearnersManager, listedResources } from './cluster-objects.ts';
import { type Context, refOf } from './context.ts';

const Items = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ managedFields: z.array(z.object({ manager: z.string(), time: z.string() }).partial()).default([]) }),
      }),
    )
    .nullish(),
});
const mostBytes = 16 * 1024 ** 2;
const lookMilliseconds = 20_000;

/**
 * When an object of a lab was last written by somebody who is not the cluster itself, in ms since 1970: work that no shell of ours
 * saw, such as from a terminal of the learner's own. 0 when nobody was, or nothing could be seen.
 */
export async function lastLearnerChange(context: Context, session: LabSession): Promise<number> {
  const signal = AbortSignal.timeout(lookMilliseconds);
  const watch = await context.watches.get(session.id, session.epoch);
  if (watch === undefined) return 0;
  const ref = refOf(context, session);
  const times = watch.access.clusters.map(async ({ name, admin }) => {
    const client = kube({ connect: (wait) => context.provider.dial(ref, { kind: 'api', cluster: name }, wait), credentials: admin });
    try {
      return await newestIn(client, signal);
    } finally {
      await client.close();
    }
  });
  return Math.max(0, ...(await Promise.all(times)));
}

async function newestIn(client: Pick<Kube, 'get'>, signal: AbortSignal): Promise<number> {
  let newest = 0;
  for (const { path } of await listedResources(client, signal)) {
    const { status, body } = await client.get(path, { signal, maxBytes: mostBytes });
    const items = status === 200 ? (Items.safeParse(body).data?.items ?? []) : [];
    for (const { manager, time } of items.flatMap(({ metadata }) => metadata.managedFields)) {
      if (time !== undefined && isLearnersManager(manager ?? '')) newest = Math.max(newest, Date.parse(time));
    }
  }
  return newest;
}
