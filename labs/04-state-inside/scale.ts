import { z } from 'zod';
import { kube } from '#grading';
import { type Entry, moments } from './moments.ts';
import type { pods, set } from './redis.ts';

const claimsWith = <Shape extends z.ZodRawShape>(shape: Shape) =>
  kube.list('v1', 'PersistentVolumeClaim', { namespace: 'harbour', fields: z.object({ metadata: z.object(shape) }) });
const named = { name: z.string(), deletionTimestamp: z.string().optional() };
/** The claims of the namespace by name, and which of that name each is. */
export const claims = { named: claimsWith(named), known: claimsWith({ ...named, uid: z.string() }), past: claimsWith({ uid: z.string() }) };

/** The claim of a name, unless it is leaving. */
export const claimOf = <Claim extends z.infer<typeof claims.named.value>[number]>(all: readonly Claim[], name: string): Claim | undefined =>
  all.find(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined);

type Crew = z.infer<typeof pods.crew.value>;
type Wanted = z.infer<typeof set.wanted.value>;
type Past = z.infer<typeof claims.past.value>;

/**
 * The claims there were, by uid, when the set was last scaled from three ready pods to one, and was then three ready pods again
 * of which only the first could be the same; null when it never was. Pods that were deleted while three were wanted do not count.
 */
export function scaledDown(
  crew: readonly Entry<Crew>[],
  wanted: readonly Entry<Wanted>[],
  claims: readonly Entry<Past>[],
): ReadonlySet<string> | null {
  let three: Map<string, string> | null = null;
  let down: { claims: ReadonlySet<string>; pods: Map<string, string> } | null = null;
  let back: ReadonlySet<string> | null = null;
  for (const moment of moments<{ crew: Crew; wanted: Wanted; claims: Past }>({ crew, wanted, claims })) {
    const replicas = moment.wanted?.spec.replicas;
    const ready = readyOnes(moment.crew ?? []);
    if (replicas === 1 && three !== null) {
      down = { claims: new Set((moment.claims ?? []).map(({ metadata }) => metadata.uid)), pods: three };
      three = null;
    } else if (replicas === 3 && ready.size === 3) {
      const before = down?.pods;
      if (down && before && ['redis-1', 'redis-2'].every((name) => ready.get(name) !== before.get(name))) back = down.claims;
      down = null;
      three = ready;
    }
  }
  return back;
}

const readyOnes = (pods: Crew) => new Map(pods.filter(({ owned, ready }) => owned && ready).map(({ name, uid }) => [name, uid] as const));
