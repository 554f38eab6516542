import { z } from 'zod';
import { isReady, isRunning, Pod, stuck } from '#grading';
import { containersOf, Mount, mountsIn, Spec } from './storage.ts';

const Raw = z.object({
  metadata: Pod.shape.metadata.extend({
    creationTimestamp: z.string(),
    labels: z.record(z.string(), z.string().max(100)).default({}),
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string(), uid: z.string() })).default([]),
  }),
  spec: Spec,
  status: Pod.shape.status.unwrap().extend({ podIP: z.string().optional(), startTime: z.string().optional() }).prefault({}),
});

/** What may be kept of a pod, each in as few words as a grader needs. */
const kept = {
  name: z.string(),
  uid: z.string(),
  running: z.boolean(),
  ready: z.boolean(),
  /** Why it will never be ready. */
  stuck: z.object({ pod: z.string(), reason: z.string(), message: z.string() }).nullable(),
  /** The uid of the StatefulSet it belongs to. */
  set: z.string().nullable(),
  owned: z.boolean(),
  made: z.string(),
  started: z.string().nullable(),
  address: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  /** The template it was made from. */
  revision: z.string().nullable(),
  spec: Spec,
  /** Its containers of harbour's Redis. */
  redis: z.array(z.object({ mounts: z.array(Mount) })),
  /** Their images. */
  images: z.array(z.string()),
};
type Kept = typeof kept;

/** The schema of a pod of which only these are kept. What was kept can be read again. */
export function podWith<const Name extends keyof Kept>(...names: Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, kept[name]])) as Pick<Kept, Name>;
  return z.preprocess(brief, z.object(shape)) as unknown as z.ZodType<z.infer<z.ZodObject<Pick<Kept, Name>>>>;
}

function brief(value: unknown): unknown {
  const { data: pod } = Raw.safeParse(value);
  if (!pod) return value;
  const { metadata, spec, status } = pod;
  const redis = containersOf(spec, 'harbour/redis');
  const set = metadata.ownerReferences.find(({ kind, name }) => kind === 'StatefulSet' && name === 'redis')?.uid ?? null;
  return {
    name: metadata.name,
    uid: metadata.uid,
    running: isRunning(pod),
    ready: isReady(pod),
    stuck: stuck(pod),
    set,
    owned: set !== null,
    made: metadata.creationTimestamp,
    started: status.startTime ?? null,
    address: status.podIP ?? null,
    labels: metadata.labels,
    revision: metadata.labels['controller-revision-hash'] ?? null,
    spec,
    redis: redis.map((container) => ({ mounts: mountsIn(spec, container) })),
    images: redis.map(({ image }) => image.replace(/^docker\.io\//, '')),
  } satisfies z.infer<z.ZodObject<Kept>>;
}
