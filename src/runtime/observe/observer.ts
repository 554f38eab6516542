import { z } from 'zod';
import { type Kube, type KubeOptions, kube } from '#cluster/kube.ts';
import { ClusterError, type ClusterProvider, type LabAccess } from '#cluster/port.ts';
import type { Observed } from '#grading/evidence.ts';
import type { Observation, Request, Selection } from '#grading/observation.ts';
import { Blind, reasonOf } from './blind.ts';
import { type Answer, httpGet } from './http-get.ts';
import { kubeRead } from './kube-read.ts';
import { limit } from './limit.ts';

export interface ObserverOptions {
  provider: Pick<ClusterProvider, 'dial' | 'repairGraderRole'>;
  access: LabAccess;
  /** Keys the hashes that stand for Secrets' values. */
  secretKey: Uint8Array;
  /** How long one observation may take, in milliseconds. */
  deadline?: number;
  kube?: (options: KubeOptions) => Kube;
}

export type ListRequest = Extract<Request, { kind: 'kube.list' }>;

/** One look at a lab. Observations are made at once, and what two of them ask alike is read once. */
export type Round = (observation: Observation) => Promise<Observed>;

/** Looks into one lab as the grader. */
export interface Observer {
  round(signal: AbortSignal): Round;
  /** Yields at each change of the objects listed. Ends with the signal or the API server's watch; throws when it cannot watch. */
  changes(list: ListRequest, signal: AbortSignal): AsyncIterable<void>;
  close(): Promise<void>;
}

const RunningPod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({ phase: z.string().optional(), podIP: z.string().optional() }).prefault({}),
});
type RunningPod = z.infer<typeof RunningPod>;
type PodRequest = Extract<Request, { kind: 'http.get' | 'http.getEach' }>;

/** Each probe from a pod runs a small program on the pod's node. */
const probesAtOnce = 8;

export function observer({ provider, access, secretKey, deadline = 8000, kube: connect = kube }: ObserverOptions): Observer {
  const { ref } = access;
  const probe = limit(probesAtOnce);
  const clusters = new Map(
    access.clusters.map(({ name, grader }) => {
      const client = connect({ connect: (signal) => provider.dial(ref, { kind: 'api', cluster: name }, signal), credentials: grader });
      const repair = (signal: AbortSignal) => provider.repairGraderRole(ref, name, signal);
      return [name, { client, ...kubeRead(client, { repair, secretKey }) }];
    }),
  );

  function cluster(name: string) {
    const found = clusters.get(name);
    if (!found) throw new Blind(`this lab has no cluster ${name}`);
    return found;
  }

  async function runningPods(name: string, { namespace, labels }: Selection, signal: AbortSignal) {
    const pods = await cluster(name).read(podsOf(name, { namespace, labels }), signal);
    return z
      .array(RunningPod)
      .parse(pods)
      .filter(({ status }) => status.phase === 'Running' && status.podIP);
  }

  /** Asks from within a pod. Null when it cannot be entered because it is going. */
  async function askPod(
    request: PodRequest,
    { namespace }: Selection,
    pod: RunningPod,
    url: URL,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    const port = Number(url.port || 80);
    const target = {
      kind: 'pod' as const,
      cluster: request.cluster,
      namespace,
      pod: pod.metadata.name,
      host: url.hostname,
      port,
      connectWithin: request.timeout,
    };
    try {
      return await probe(() => httpGet({ provider, ref }, target, url, request.timeout, signal));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.code === 'no-pod' || !(await stillRuns(request.cluster, namespace, pod, signal))) return null;
      throw error;
    }
  }

  async function stillRuns(name: string, namespace: string, { metadata }: RunningPod, signal: AbortSignal): Promise<boolean> {
    const request = { kind: 'kube.object' as const, cluster: name, apiVersion: 'v1', of: 'Pod', name: metadata.name, namespace };
    const pod = RunningPod.nullable().parse(await cluster(name).read(request, signal));
    return pod?.metadata.uid === metadata.uid && pod.metadata.deletionTimestamp === undefined && pod.status.phase === 'Running';
  }

  async function look(request: Request, signal: AbortSignal): Promise<unknown> {
    switch (request.kind) {
      case 'kube.object':
      case 'kube.list':
        return cluster(request.cluster).read(request, signal);
      case 'http.get': {
        const url = new URL(request.url);
        if (request.from === 'network') {
          const target = { kind: 'network' as const, host: url.hostname, port: Number(url.port || 80), connectWithin: request.timeout };
          return httpGet({ provider, ref }, target, url, request.timeout, signal);
        }
        const [pod] = await runningPods(request.cluster, request.from, signal);
        return pod ? askPod(request, request.from, pod, url, signal) : null;
      }
      case 'http.getEach': {
        const pods = await runningPods(request.cluster, request.pods, signal);
        const answers = pods.map(async (pod) => {
          const url = new URL(request.path, `http://${pod.status.podIP}:${request.port}`);
          const answer = await askPod(request, request.pods, pod, url, signal);
          return answer && { pod: pod.metadata.name, uid: pod.metadata.uid, ...answer };
        });
        return (await Promise.all(answers)).filter((answer) => answer !== null);
      }
    }
  }

  return {
    round(signal) {
      const reads = new Map<string, Promise<unknown>>();
      const limited = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
      return async ({ request, value }) => {
        const key = JSON.stringify(request);
        try {
          const read = reads.get(key) ?? look(request, limited);
          reads.set(key, read);
          const parsed = value.safeParse(await read);
          if (!parsed.success)
            return { ok: false, reason: `what came back has another form: ${z.prettifyError(parsed.error).slice(0, 500)}` };
          return { ok: true, value: z.json().parse(parsed.data) };
        } catch (error) {
          signal.throwIfAborted();
          return { ok: false, reason: reasonOf(error, limited) };
        }
      };
    },

    async *changes(list, signal) {
      const { listPath, client } = cluster(list.cluster);
      const path = await listPath(list, signal);
      if (path === null) return;
      for await (const _ of client.watch(path, { signal })) yield;
    },

    async close() {
      await Promise.all([...clusters.values()].map(({ client }) => client.close()));
    },
  };
}

const podsOf = (cluster: string, { namespace, labels }: Selection): ListRequest => ({
  kind: 'kube.list',
  cluster,
  apiVersion: 'v1',
  of: 'Pod',
  namespace,
  labels,
});

/** The list whose changes tell that an observation may have changed; null when there is none. */
export function listBehind(request: Request): ListRequest | null {
  if (request.kind === 'kube.object') return { ...request, kind: 'kube.list', labels: {} };
  if (request.kind === 'kube.list') return request;
  const pods = request.kind === 'http.get' ? request.from : request.pods;
  return pods === 'network' ? null : podsOf(request.cluster, pods);
}
