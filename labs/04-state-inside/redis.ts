import { z } from 'zod';
import { kube, tcp } from '#grading';
import { podWith } from './pod.ts';
import { type Mount, storageAt } from './storage.ts';

const selection = { namespace: 'harbour', labels: { app: 'redis' } };
export const ordinals = [0, 1, 2] as const;

const selected = <Fields extends z.ZodType>(fields: Fields) => kube.list('v1', 'Pod', { ...selection, fields });
const who = ['name', 'uid', 'set', 'ready', 'stuck'] as const;
/** Redis's pods, with what each task reads of them. */
export const pods = {
  plain: selected(podWith(...who)),
  stored: selected(podWith(...who, 'address', 'redis')),
  led: selected(podWith(...who, 'address', 'labels')),
  kept: selected(podWith(...who, 'redis')),
  updated: selected(podWith(...who, 'revision', 'made', 'images')),
  /** What a journal remembers of them. */
  crew: selected(podWith('name', 'uid', 'owned', 'ready')),
  readiness: selected(podWith('uid', 'ready')),
};

const asSet = <Shape extends z.ZodRawShape>(shape: Shape) =>
  kube.object('apps/v1', 'StatefulSet', 'redis', { namespace: 'harbour', fields: z.object(shape) });
const metadata = z.object({ uid: z.string() });
const spec = z.object({ replicas: z.int().default(1) });
/** The set, with what each task reads of it. */
export const set = {
  plain: asSet({ metadata, spec }),
  ordered: asSet({ metadata, spec: spec.extend({ podManagementPolicy: z.string().default('OrderedReady') }) }),
  updating: asSet({
    metadata,
    spec: spec.extend({
      template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
      updateStrategy: z
        .object({ type: z.string().default('RollingUpdate'), rollingUpdate: z.object({ partition: z.int().default(0) }).prefault({}) })
        .prefault({}),
    }),
    status: z.object({ updateRevision: z.string().optional() }).prefault({}),
  }),
  /** How many replicas are asked for. */
  wanted: asSet({ spec }),
  /** Whether the controller has seen what is asked of it. */
  progress: asSet({
    metadata: metadata.extend({ generation: z.int() }),
    spec,
    status: z.object({ observedGeneration: z.int().default(0) }).prefault({}),
  }),
};

/** The templates the set has had, and since when. */
export const revisions = kube.list('apps/v1', 'ControllerRevision', {
  ...selection,
  fields: z.object({ metadata: z.object({ name: z.string(), creationTimestamp: z.string() }) }),
});

/** What a Redis says of itself. */
export const Redis = z.object({
  role: z.enum(['primary', 'follower']),
  runId: z.string().max(64),
  /** Whom it follows, as it was told. */
  follows: z.string().max(260).nullable(),
  /** Whether it is connected to whom it follows. */
  linked: z.boolean().nullable(),
  /** Addresses (or names) of those that follow it and are in step. */
  followers: z.array(z.string().max(260)).max(20),
  folder: z.string().max(300),
  /** Whether what it holds is written to its folder. */
  saves: z.boolean(),
});
export type Redis = z.infer<typeof Redis>;

const question = ['PING', 'INFO server', 'INFO replication', 'CONFIG GET dir', 'CONFIG GET appendonly', 'CONFIG GET save', 'QUIT'];
const asked = tcp.connectEach(selection, 6379, { send: `${question.join('\r\n')}\r\n`, read: 32 * 1024 });
const Raw = z.object({ uid: z.string(), problem: z.string().nullable(), received: z.string() });

/** The answers, of which some is kept. */
function keeping<const Name extends keyof Redis>(...names: Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, Redis.shape[name]])) as Pick<typeof Redis.shape, Name>;
  const said = z.string().max(100).nullable();
  const Answer = z.object({ uid: z.string(), problem: z.string().nullable(), redis: z.object(shape).nullable(), said });
  return { ...asked, value: z.array(z.preprocess(heard, Answer)) };
}

/** Reads an answer as it came, and passes one that was read before. `said` is what came instead of a Redis's answer. */
function heard(answer: unknown): unknown {
  const { data } = Raw.safeParse(answer);
  if (!data) return answer;
  const redis = redisIn(data.received);
  const said = redis === null && data.received !== '' ? data.received.slice(0, 100) : null;
  return { uid: data.uid, problem: data.problem, redis, said, role: redis?.role ?? null };
}

/** What each pod's Redis says of itself, as far as a task reads it. */
export const answers = {
  plain: keeping('runId'),
  stored: keeping('runId', 'folder', 'saves'),
  led: keeping('runId', 'role', 'follows', 'linked', 'followers'),
  kept: keeping('runId', 'folder'),
  /** What a journal remembers of them. */
  roles: { ...asked, value: z.array(z.preprocess(heard, z.object({ uid: z.string(), role: Redis.shape.role.nullable() }))) },
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
    linked: role === 'primary' ? null : line('master_link_status') === 'up',
    followers: [...text.matchAll(/^slave\d+:ip=([^,\r\n]+),port=\d+,state=online/gm)].map(([, address]) => address),
    folder: setting('dir'),
    saves: setting('appendonly') === 'yes' || (setting('save') ?? '') !== '',
  });
  return redis.success ? redis.data : null;
}

/** What holds the folder a Redis keeps its data in. Every container of its image must agree. */
export function storageOf({ redis }: { redis: readonly { mounts: readonly Mount[] }[] }, folder: string): ReturnType<typeof storageAt> {
  const found = redis.map(({ mounts }) => storageAt(mounts, folder));
  return found.find((one) => 'kind' in one) ?? found[0] ?? { kind: 'a container of another image' };
}
