import { z } from 'zod';
import { type entries, http, kube, Pod } from '#grading';

const selection = { namespace: 'harbour', labels: { app: 'logbook' } };

const Storage = z.object({
  volumes: z
    .array(
      z.object({
        name: z.string(),
        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
        hostPath: z.object({ path: z.string() }).optional(),
        emptyDir: z.object({}).optional(),
        ephemeral: z.object({}).optional(),
      }),
    )
    .default([]),
  containers: z.array(
    z.object({
      name: z.string(),
      image: z.string(),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
    }),
  ),
});

/** The logbook's pods: how they do, and what is mounted where. */
export const pods = kube.list('v1', 'Pod', { ...selection, fields: Pod.extend({ spec: Storage }) });

/** The parts of those pods that never change, to be remembered when they are gone. */
export const mounts = kube.list('v1', 'Pod', {
  ...selection,
  fields: z.object({ metadata: z.object({ name: z.string(), uid: z.string() }), spec: Storage }),
});

/** What each pod of the logbook answers. The last twenty bookings are enough to recognise one. */
export const bookings = http.getEach('/bookings', {
  pods: selection,
  port: 8080,
  fields: z.object({
    store: z.object({ path: z.string().max(300) }),
    bookings: z.array(z.object({ id: z.string().max(64) })).transform((all) => all.slice(-20)),
  }),
});

type Spec = z.infer<typeof Storage>;
type Mounts = z.infer<ReturnType<typeof entries<z.infer<typeof mounts.value>>>>;
type Bookings = z.infer<ReturnType<typeof entries<z.infer<typeof bookings.value>>>>;

/** What kind of storage holds a file of the logbook's container. */
export function storageOf(spec: Spec, path: string): string {
  const ours = spec.containers.filter(({ image }) => image.includes('harbour/api'));
  const over = (ours.length > 0 ? ours : spec.containers)
    .flatMap(({ volumeMounts }) => volumeMounts)
    .filter(({ mountPath }) => `${path}/`.startsWith(`${mountPath.replace(/\/+$/, '')}/`))
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  if (over === undefined) return 'the file system of its container';
  const volume = spec.volumes.find(({ name }) => name === over.name);
  return volume?.persistentVolumeClaim
    ? 'a claim'
    : volume?.hostPath
      ? `the node’s own folder ${volume.hostPath.path}`
      : volume?.emptyDir
        ? 'an emptyDir'
        : volume?.ephemeral
          ? 'a claim that goes with the pod'
          : 'a volume of another kind';
}

/**
 * What the journal tells of bookings that were in a file on a claim: how many there were, and whether one was answered
 * by a pod after the pod it was first seen under was gone.
 */
export function keptBookings(mounts: Mounts, answers: Bookings): { seen: number; carriedOver: boolean } {
  const specs = new Map(
    mounts.flatMap(({ kind, value }) => (kind === 'seen' ? value.map(({ metadata, spec }) => [metadata.uid, spec]) : [])),
  );
  const holders = new Map<string, Set<string>>();
  let carriedOver = false;
  for (const entry of answers) {
    if (entry.kind !== 'seen') continue;
    const present = new Set(entry.value.map(({ uid }) => uid));
    for (const { uid, body } of entry.value) {
      const spec = specs.get(uid);
      if (!body || !spec || storageOf(spec, body.store.path) !== 'a claim') continue;
      for (const { id } of body.bookings) {
        const before = holders.get(id) ?? new Set();
        carriedOver ||= [...before].some((other) => other !== uid && !present.has(other));
        holders.set(id, before.add(uid));
      }
    }
  }
  return { seen: holders.size, carriedOver };
}
