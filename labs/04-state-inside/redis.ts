import { z } from 'zod';
import { isReady, kube, Pod, tcp } from '#grading';
import { containersOf, Storage, storageAt } from './storage.ts';

const selection = { namespace: 'harbour', labels: { app: 'redis' } };
export const ordinals = [0, 1, 2] as const;

/** Redis's pods: how they do, who owns them, what runs in them and what is mounted where. */
const RedisPod = z.object({
  metadata: Pod.shape.metadata.extend({
    creationTimestamp: z.string(),
    labels: z.record(z.string(), z.string().max(100)).default({}),
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string(), uid: z.string() })).default([]),
  }),
  spec: Storage,
  status: Pod.shape.status.unwrap().extend({ podIP: z.string().optional() }).prefault({}),
});
export type RedisPod = z.infer<typeof RedisPod>;
export const pods = kube.list('v1', 'Pod', { ...selection, fields: RedisPod });

/** Of each pod, as little as a journal needs: which it is, whether it was ready, and whether it is a StatefulSet's. */
const Brief = z.object({ name: z.string(), uid: z.string(), ready: z.boolean(), own: z.boolean() });
const brief = (value: unknown) => {
  const { data: pod } = RedisPod.safeParse(value);
  if (!pod) return value;
  const { name, uid, ownerReferences } = pod.metadata;
  return { name, uid, ready: isReady(pod), own: ownerReferences.some((owner) => owner.kind === 'StatefulSet' && owner.name === 'redis') };
};
export const crew = kube.list('v1', 'Pod', { ...selection, fields: z.preprocess(brief, Brief) });

export const set = kube.object('apps/v1', 'StatefulSet', 'redis', {
  namespace: 'harbour',
  fields: z.object({
    metadata: z.object({ uid: z.string(), generation: z.int() }),
    spec: z.object({
      replicas: z.int().default(1),
      podManagementPolicy: z.string().default('OrderedReady'),
      updateStrategy: z
        .object({ type: z.string().default('RollingUpdate'), rollingUpdate: z.object({ partition: z.int().default(0) }).prefault({}) })
        .prefault({}),
      template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
    }),
    status: z.object({ observedGeneration: z.int().default(0), updateRevision: z.string().optional() }).prefault({}),
  }),
});

/** The templates the set has had, and since when. */
export const revisions = kube.list('apps/v1', 'ControllerRevision', {
  ...selection,
  fields: z.object({ metadata: z.object({ name: z.string(), creationTimestamp: z.string() }) }),
});

/** What a Redis says of itself; null when what answered is none. */
export const Redis = z.object({
  role: z.enum(['primary', 'follower']),
  runId: z.string().max(64),
  /** Whom it follows, as it was told. */
  follows: z.string().max(260).nullable(),
  linked: z.boolean(),
  /** Addresses (or names) of those that follow it and are in step. */
  followers: z.array(z.string().max(260)).max(20),
  folder: z.string().max(300),
  /** Whether what it holds is written to its folder. */
  saves: z.boolean(),
});
export type Redis = z.infer<typeof Redis>;

const question = ['PING', 'INFO server', 'INFO replication', 'CONFIG GET dir', 'CONFIG GET appendonly', 'CONFIG GET save', 'QUIT'];

const Raw = z.object({ pod: z.string(), uid: z.string(), problem: z.string().nullable(), received: z.string() });

/** Reads an answer as it came, and passes one that was read before. */
const read = (answer: unknown) => {
  const raw = Raw.safeParse(answer);
  if (!raw.success) return answer;
  const { received, ...rest } = raw.data;
  const redis = redisIn(received);
  return { ...rest, redis, said: redis === null ? received.slice(0, 100) : '' };
};
const Answer = z.object({
  pod: z.string(),
  uid: z.string(),
  problem: z.string().nullable(),
  redis: Redis.nullable(),
  said: z.string().max(100),
});

/** Asks the Redis of each pod what it is. */
export const answers = {
  ...tcp.connectEach(selection, 6379, { send: `${question.join('\r\n')}\r\n`, read: 32 * 1024 }),
  value: z.array(z.preprocess(read, Answer)),
};

/** The same, of which only the roles are kept: what its journal remembers. */
export const roles = {
  ...answers,
  value: z.array(
    z.preprocess(
      (answer) => {
        const { data } = z.preprocess(read, Answer).safeParse(answer);
        return data ? { uid: data.uid, role: data.redis?.role ?? null } : answer;
      },
      z.object({ uid: z.string(), role: Redis.shape.role.nullable() }),
    ),
  ),
};

/** What the replies to our question tell; null when they are not those of a Redis that lets us ask. */
export function redisIn(text: string): Redis | null {
  const line = (name: string) => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(text)?.[1];
  const setting = (name: string) => new RegExp(`\\r\\n${name}\\r\\n\\$\\d+\\r\\n([^\\r\\n]*)\\r\\n`).exec(text)?.[1];
  const role = { master: 'primary', slave: 'follower' }[line('role') ?? ''];
  if (!text.startsWith('+PONG\r\n') || role === undefined) return null;
  const redis = Redis.safeParse({
    role,
    runId: line('run_id'),
    follows: line('master_host') ?? null,
    linked: line('master_link_status') === 'up',
    followers: [...text.matchAll(/^slave\d+:ip=([^,\r\n]+),port=\d+,state=online/gm)].map(([, address]) => address),
    folder: setting('dir'),
    saves: setting('appendonly') === 'yes' || (setting('save') ?? '') !== '',
  });
  return redis.success ? redis.data : null;
}

/** The pod of an ordinal that belongs to the set, unless it is leaving. */
export const podOf = (pods: readonly RedisPod[], owner: { metadata: { uid: string } }, ordinal: number): RedisPod | undefined =>
  pods.find(
    ({ metadata }) =>
      metadata.name === `redis-${ordinal}` &&
      metadata.deletionTimestamp === undefined &&
      metadata.ownerReferences.some(({ uid }) => uid === owner.metadata.uid),
  );

/** What holds the folder a Redis keeps its data in: a claim, by name, or a storage of another kind. Every container of its image must agree. */
export function storageOf(spec: Storage, folder: string): { claim: string } | { kind: string } {
  const found = containersOf(spec, 'harbour/redis').map((container) => storageAt(spec, container, folder));
  return found.find((one) => 'kind' in one) ?? found[0] ?? { kind: 'a container of another image' };
}

/** The images of harbour's Redis that a pod runs. */
export const imagesOf = ({ spec }: RedisPod): string[] =>
  containersOf(spec, 'harbour/redis').map(({ image }) => image.replace(/^docker\.io\//, ''));
