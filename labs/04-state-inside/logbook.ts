import { z } from 'zod';
import { type entries, http, kube, Pod, pod } from '#grading';
import { altered, containersOf, Storage, storageAt } from './storage.ts';

const selection = { namespace: 'harbour', labels: { app: 'logbook' } };

/** The logbook's pods: how they do, and what is mounted where. */
export const pods = kube.list('v1', 'Pod', { ...selection, fields: Pod.extend({ spec: Storage }) });

/** The parts of those pods that never change, to be remembered when they are gone. */
export const mounts = kube.list('v1', 'Pod', {
  ...selection,
  fields: z.object({
    metadata: z.object({ name: z.string(), uid: z.string() }),
    spec: Storage,
    status: z.object({ startTime: z.string().optional() }).prefault({}),
  }),
});

/** What each pod of the logbook answers. The last ten bookings are enough to recognise one. */
export const bookings = http.getEach('/bookings', {
  pods: selection,
  port: 8080,
  fields: z.object({
    store: z.object({ path: z.string().max(300) }),
    bookings: z.array(z.object({ id: z.string().max(64), at: z.string().max(40) })).transform((all) => all.slice(-10)),
  }),
});

/** Where the first process of each pod looks for its code: the image's own place, or another program answers. */
export const code = pod.environ(selection, ['PYTHONPATH']);

type Seen<O extends { value: z.ZodType }> = z.infer<ReturnType<typeof entries<z.infer<O['value']>>>>;
type Mounts = Seen<typeof mounts>;
type Bookings = Seen<typeof bookings>;

/** What kind of storage holds a file of the logbook's container; `a claim` when a claim does. */
export function storageOf(spec: Storage, path: string): string {
  const storage = storageAt(spec, logbookIn(spec), path);
  return 'claim' in storage ? 'a claim' : storage.kind;
}

/** How far the clock of a cluster may be ahead of ours, in milliseconds. */
const skew = 10_000;

const logbookIn = (spec: Storage) => containersOf(spec, 'harbour/api')[0] ?? spec.containers[0];

/** What else than the image's own logbook answers in a pod; null when nothing does, as far as can be seen. */
export function impostor(spec: Storage, environ: Readonly<Record<string, string>> | undefined): string | null {
  const [logbook] = containersOf(spec, 'harbour/api');
  if (logbook === undefined) return 'no container of the image harbour/api is in it';
  const elsewhere = environ?.PYTHONPATH !== undefined && environ.PYTHONPATH !== '/usr/lib/harbour';
  return altered(spec, logbook) ?? (elsewhere ? 'it runs code from another place' : null);
}

/**
 * What the journal tells of bookings that the image's own logbook made in a file on a claim: how many there were, and whether
 * one was answered from that claim by another pod when the one it was made under was gone. What a booking says of its time
 * decides where it was made: one from before all of these pods, or from a time to come, was put there by other means.
 */
export function keptBookings(mounts: Mounts, answers: Bookings): { seen: number; carriedOver: boolean } {
  const pods = new Map(mounts.flatMap(({ kind, value }) => (kind === 'seen' ? value.map((pod) => [pod.metadata.uid, pod] as const) : [])));
  /** The claims that answering pods had their files on, and from when; and under which pods each booking was seen. */
  const onClaim = new Map<string, { claim: string; from: number }>();
  const holders = new Map<string, Set<string>>();
  let carriedOver = false;
  for (const entry of answers) {
    if (entry.kind !== 'seen') continue;
    const present = new Set(entry.value.map(({ uid }) => uid));
    for (const { uid, body } of entry.value) {
      const pod = pods.get(uid);
      const storage = pod && body && impostor(pod.spec, {}) === null && storageAt(pod.spec, logbookIn(pod.spec), body.store.path);
      if (!pod || !storage || !('claim' in storage)) continue;
      const own = { claim: storage.claim, from: Date.parse(pod.status.startTime ?? '') };
      onClaim.set(uid, own);
      for (const { id, at } of body.bookings) {
        const made = Date.parse(at);
        const before = [...onClaim].filter(([, { claim, from }]) => claim === own.claim && from <= made);
        if (before.length === 0 || !(made <= Date.parse(entry.at) + skew)) continue;
        const booking = `${id} ${at}`;
        const holding = holders.get(booking) ?? new Set();
        carriedOver ||= before.some(([other]) => other !== uid && !present.has(other) && (holding.has(other) || made < own.from));
        holders.set(booking, holding.add(uid));
      }
    }
  }
  return { seen: holders.size, carriedOver };
}
