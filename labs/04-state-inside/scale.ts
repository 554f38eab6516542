import { z } from 'zod';
import { kube } from '#grading';
import { type Entry, moments } from './moments.ts';
import { type crew, set } from './redis.ts';

/** How many replicas were asked for. */
export const wanted = {
  ...set,
  value: z.object({ spec: z.object({ replicas: z.int().default(1) }) }).nullable(),
};

/** The claims of the namespace, by name and by when they were made. */
export const claims = kube.list('v1', 'PersistentVolumeClaim', {
  namespace: 'harbour',
  fields: z.object({
    metadata: z.object({ name: z.string(), uid: z.string(), creationTimestamp: z.string(), deletionTimestamp: z.string().optional() }),
    spec: z.object({ volumeName: z.string().optional() }),
    status: z.object({ phase: z.string().optional() }).prefault({}),
  }),
});
export type Claim = z.infer<typeof claims.value>[number];

type Wanted = z.infer<typeof wanted.value>;
type Crew = z.infer<typeof crew.value>;

/**
 * When, the last time, the set was scaled from three ready pods to one, and was then three ready pods again of which only the
 * first could be the same; null when it never was. Pods that were deleted while three were wanted do not count.
 */
export function scaledDown(pods: readonly Entry<Crew>[], asked: readonly Entry<Wanted>[]): string | null {
  let three: Map<string, string> | null = null;
  let down: { at: string; uids: Map<string, string> } | null = null;
  let back: string | null = null;
  for (const moment of moments<{ pods: Crew; asked: Wanted }>({ pods, asked })) {
    const replicas = moment.asked?.spec.replicas;
    const ready = readyOnes(moment.pods ?? []);
    if (replicas === 1 && three !== null) {
      down = { at: moment.at, uids: three };
      three = null;
    } else if (replicas === 3 && ready.size === 3) {
      const uids = down?.uids;
      if (down && uids && ['redis-1', 'redis-2'].every((name) => ready.get(name) !== uids.get(name))) back = down.at;
      down = null;
      three = ready;
    }
  }
  return back;
}

const readyOnes = (pods: Crew) => new Map(pods.filter(({ own, ready }) => own && ready).map(({ name, uid }) => [name, uid] as const));

/** The claim that a pod's volume names, unless it is leaving. */
export const claimOf = (claims: readonly Claim[], name: string) =>
  claims.find(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined);
