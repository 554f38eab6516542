import { z } from 'zod';
import { kube } from '#grading';
import { type Entry, moments } from './moments.ts';
import { type crew, set } from './redis.ts';

/** How many replicas were asked for. */
export const wanted = {
  ...set,
  value: z.object({ spec: z.object({ replicas: z.int().default(1) }) }).nullable(),
};

/** The claims of the namespace, as little as a journal needs of each. */
export const claims = kube.list('v1', 'PersistentVolumeClaim', {
  namespace: 'harbour',
  fields: z.object({ metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }) }),
});
type Claims = z.infer<typeof claims.value>;

type Wanted = z.infer<typeof wanted.value>;
type Crew = z.infer<typeof crew.value>;

/**
 * The claims there were, by uid, when the set was last scaled from three ready pods to one, and was then three ready pods again
 * of which only the first could be the same; null when it never was. Pods that were deleted while three were wanted do not count.
 */
export function scaledDown(
  pods: readonly Entry<Crew>[],
  asked: readonly Entry<Wanted>[],
  kept: readonly Entry<Claims>[],
): ReadonlySet<string> | null {
  let three: Map<string, string> | null = null;
  let down: { claims: ReadonlySet<string>; uids: Map<string, string> } | null = null;
  let back: ReadonlySet<string> | null = null;
  for (const moment of moments<{ pods: Crew; asked: Wanted; kept: Claims }>({ pods, asked, kept })) {
    const replicas = moment.asked?.spec.replicas;
    const ready = readyOnes(moment.pods ?? []);
    if (replicas === 1 && three !== null) {
      down = { claims: new Set((moment.kept ?? []).map(({ metadata }) => metadata.uid)), uids: three };
      three = null;
    } else if (replicas === 3 && ready.size === 3) {
      const uids = down?.uids;
      if (down && uids && ['redis-1', 'redis-2'].every((name) => ready.get(name) !== uids.get(name))) back = down.claims;
      down = null;
      three = ready;
    }
  }
  return back;
}

const readyOnes = (pods: Crew) => new Map(pods.filter(({ own, ready }) => own && ready).map(({ name, uid }) => [name, uid] as const));

/** The claim that a pod's volume names, unless it is leaving. */
export const claimOf = (claims: Claims, name: string) =>
  claims.find(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined);
