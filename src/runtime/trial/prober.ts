import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Kube, type KubeOptions, kube } from '#cluster/kube.ts';
import type { ClusterProvider, LabAccess, PolicyRule } from '#cluster/port.ts';
import { kube as observe } from '#grading/observe/kube.ts';
import type { Change, Named, Target } from '#grading/trial.ts';
import { Blind } from '../observe/blind.ts';
import type { Observer } from '../observe/observer.ts';
import { type Outcome, outcomeOf, Unprivileged } from './outcome.ts';
import { madeBy, namedIn, type Undo } from './take-back.ts';

export interface ProberOptions {
  provider: Pick<ClusterProvider, 'dial' | 'repairProberRole'>;
  access: LabAccess;
  /** What the grader sees: the prober itself reads nothing. */
  observer: Pick<Observer, 'round'>;
  /** What the lab lets its prober do, to be given back to it where the learner took it. */
  rules?: readonly PolicyRule[];
  kube?: (options: KubeOptions) => Kube;
}

/** A change of an object by name. */
export type ExactChange = Exclude<Change, { verb: 'delete' }> | { verb: 'delete'; target: Named };

/** Changes a lab as the prober, whose rights the lab declares. All methods throw `Blind` when they could not try. */
export type Prober = ReturnType<typeof prober>;

const Object_ = z.record(z.string(), z.json());
const Meta = z.object({ metadata: z.object({ name: z.string(), uid: z.string(), labels: z.record(z.string(), z.string()).default({}) }) });
const Going = z.object({ metadata: z.object({ deletionTimestamp: z.string().optional() }) });
const Running = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({ phase: z.string().optional() }).prefault({}),
});
const Resources = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })) });

const patience = 10_000;

export function prober({ provider, access, observer, rules, kube: connect = kube }: ProberOptions) {
  const clients = new Map<string, Kube>();
  /** What the API server calls a kind, once it is known to serve it. */
  const resources = new Map<string, z.infer<typeof Resources>['resources'][number]>();
  const client = (cluster: string) => {
    const credentials = access.clusters.find(({ name }) => name === cluster)?.prober;
    if (!credentials) throw new Blind(`this lab has no cluster ${cluster}`);
    const dial = (signal: AbortSignal) => provider.dial(access.ref, { kind: 'api', cluster }, signal);
    const made = clients.get(cluster) ?? connect({ connect: dial, credentials });
    clients.set(cluster, made);
    return made;
  };

  async function seen<Fields extends z.ZodType>(cluster: string, path: string, fields: Fields, signal: AbortSignal) {
    const look = await observer.round(signal)(observe.raw(path, { cluster, fields }));
    if (!look.ok) throw new Blind(look.reason);
    return fields.nullable().parse(look.value);
  }

  /** Null when the API server does not serve the kind. */
  async function pathOf(
    cluster: string,
    { apiVersion, kind, namespace }: Omit<Named, 'name'>,
    signal: AbortSignal,
  ): Promise<string | null> {
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const key = `${cluster} ${apiVersion} ${kind}`;
    const answer = resources.has(key) ? null : await seen(cluster, group, Resources, signal);
    const resource = resources.get(key) ?? answer?.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!resource) return null;
    resources.set(key, resource);
    if (!resource.namespaced) return `${group}/${resource.name}`;
    if (namespace === undefined) throw new Blind(`the grader names no namespace for ${kind}`);
    return `${group}/namespaces/${encodeURIComponent(namespace)}/${resource.name}`;
  }
  const objectPath = async (cluster: string, target: Named, signal: AbortSignal) => {
    const list = await pathOf(cluster, target, signal);
    return list && `${list}/${encodeURIComponent(target.name)}`;
  };

  async function send(
    cluster: string,
    request: { method: 'POST' | 'PATCH' | 'DELETE'; path: string; body: unknown },
    { dryRun, webhooks }: { dryRun: boolean; webhooks: boolean },
    outer: AbortSignal,
  ): Promise<Outcome> {
    const { method, path, body } = request;
    const signal = AbortSignal.any([outer, AbortSignal.timeout(patience)]);
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const query = `fieldManager=slipway-trial${dryRun ? '&dryRun=All' : ''}`;
    const once = async () => outcomeOf(await client(cluster).send(method, `${path}?${query}`, body, { signal, contentType }), { webhooks });
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof Unprivileged) || rules === undefined) throw error;
      await provider.repairProberRole(access.ref, cluster, rules, signal);
      return await once();
    }
  }

  const self = {
    /** The object a change is about, by name; null when a selection has no running pod. */
    async named(cluster: string, target: Target, signal: AbortSignal): Promise<Named | null> {
      if (!('pod' in target)) return target;
      const look = await observer.round(signal)(observe.list('v1', 'Pod', { cluster, ...target.pod, fields: Running }));
      if (!look.ok) throw new Blind(look.reason);
      const running = z
        .array(Running)
        .parse(look.value)
        .filter(({ metadata, status }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name)
        .sort();
      return running[0] === undefined ? null : { apiVersion: 'v1', kind: 'Pod', name: running[0], namespace: target.pod.namespace };
    },

    /** An object as it is, whole; null when there is none. */
    async object(cluster: string, target: Named, signal: AbortSignal): Promise<z.infer<typeof Object_> | null> {
      const path = await objectPath(cluster, target, signal);
      return path === null ? null : await seen(cluster, path, Object_, signal);
    },

    /** Makes a change of an object by name. `uid`: only if it is still that one. `id` marks what is made. */
    async change(
      cluster: string,
      change: ExactChange,
      options: { dryRun?: boolean; webhooks?: boolean; uid?: string | undefined; id?: string | undefined; now?: boolean },
      signal: AbortSignal,
    ): Promise<Outcome> {
      const { dryRun = false, webhooks = false, uid, id, now = false } = options;
      const named = change.verb === 'create' ? namedIn(change.manifest) : change.target;
      const list = await pathOf(cluster, named, signal);
      if (list === null) {
        return { accepted: false, status: 404, message: `the API server serves no ${named.kind} of ${named.apiVersion}`, object: null };
      }
      const path = change.verb === 'create' ? list : `${list}/${encodeURIComponent(named.name)}`;
      const body = bodyOf(change, { uid, id, now, dryRun });
      const method = { create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;
      return await send(cluster, { method: method[change.verb], path, body }, { dryRun, webhooks }, signal);
    },

    /** Takes one step back. Answers what the API server refused, null when all is well; doing it twice is doing it once. */
    async undo(cluster: string, step: Undo, signal: AbortSignal): Promise<string | null> {
      if (step.verb === 'take-away') return await takeAway(cluster, step, signal);
      const target = step.verb === 'delete' ? await self.named(cluster, step.target, signal) : null;
      if (step.verb === 'delete' && target === null) return null;
      const change = step.verb === 'delete' && target ? { verb: step.verb, target } : (step as ExactChange);
      const { accepted, status, message } = await self.change(cluster, change, {}, signal);
      if (change.verb === 'create' && status === 409 && (await isGoing(cluster, namedIn(change.manifest), signal))) {
        await delay(500, undefined, { signal });
        return await self.undo(cluster, step, signal);
      }
      const isDone = accepted || (change.verb === 'create' ? status === 409 : status === 404);
      return isDone ? null : message;
    },

    async close() {
      await Promise.all([...clients.values()].map((one) => one.close()));
    },
  };

  async function isGoing(cluster: string, target: Named, signal: AbortSignal): Promise<boolean> {
    const found = Going.safeParse(await self.object(cluster, target, signal));
    return found.data === undefined || found.data.metadata.deletionTimestamp !== undefined;
  }

  async function takeAway(cluster: string, step: Extract<Undo, { verb: 'take-away' }>, signal: AbortSignal): Promise<string | null> {
    const { target, id } = step;
    const ours = async () => {
      const found = Meta.nullable().parse(await self.object(cluster, target, signal));
      const isOurs = found?.metadata.labels[madeBy] === id || found?.metadata.uid === step.uid;
      return found && isOurs ? found.metadata.uid : null;
    };
    const uid = await ours();
    if (uid === null) return null;
    const { accepted, status, message } = await self.change(cluster, { verb: 'delete', target }, { uid, now: true }, signal);
    if (!accepted && status !== 404 && status !== 409) return message;
    const until = performance.now() + patience;
    while ((await ours()) !== null && performance.now() < until) await delay(250, undefined, { signal });
    return null;
  }
  return self;
}

interface BodyOptions {
  uid: string | undefined;
  id: string | undefined;
  now: boolean;
  dryRun: boolean;
}

function bodyOf(change: ExactChange, { uid, id, now, dryRun }: BodyOptions): unknown {
  if (change.verb === 'patch') return change.patch;
  if (change.verb === 'delete') {
    const isPod = change.target.kind === 'Pod';
    return {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      // The API server reads no parameters of a delete that has a body.
      ...(dryRun ? { dryRun: ['All'] } : {}),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
      ...(now && isPod ? { gracePeriodSeconds: 0 } : {}),
    };
  }
  if (id === undefined) return change.manifest;
  const { metadata } = change.manifest;
  return { ...change.manifest, metadata: { ...metadata, labels: { ...(metadata['labels'] as object | undefined), [madeBy]: id } } };
}
