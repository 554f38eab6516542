import { z } from 'zod';
import { type Kube, type KubeOptions, kube } from '#cluster/kube.ts';
import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import type { Observed } from '#grading/evidence.ts';
import type { Observation, Request, Selection } from '#grading/observation.ts';
import { Blind, reasonOf } from './blind.ts';
import type { Eyes } from './eyes.ts';
import { kubeRead } from './kube-read.ts';
import { look } from './looks.ts';

export interface ObserverOptions {
  provider: Pick<ClusterProvider, 'dial' | 'probe' | 'exec' | 'repairGraderRole'>;
  access: LabAccess;
  /** Keys the hashes that stand for secret values. */
  secretKey: Uint8Array;
  /** What the learner last typed into a field. */
  answer?: (field: string) => Promise<string | null>;
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

export function observer(options: ObserverOptions): Observer {
  const { provider, access, secretKey, deadline = 8000, kube: connect = kube, answer = async () => null } = options;
  const { ref } = access;
  const clusters = new Map(
    access.clusters.map(({ name, grader }) => {
      const client = connect({ connect: (signal) => provider.dial(ref, { kind: 'api', cluster: name }, signal), credentials: grader });
      const repair = (signal: AbortSignal) => provider.repairGraderRole(ref, name, signal);
      const reads = kubeRead(client, { repair, secretKey });
      return [name, { client, ...reads, readAnew: reads.read }];
    }),
  );
  const eyes: Eyes = {
    provider,
    access,
    ref,
    secretKey,
    answer,
    cluster(name) {
      const found = clusters.get(name);
      if (!found) throw new Blind(`this lab has no cluster ${name}`);
      return found;
    },
  };

  return {
    round(signal) {
      const reads = new Map<string, Promise<unknown>>();
      const limited = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
      return async ({ request, value }) => {
        const key = JSON.stringify(request);
        try {
          const read = reads.get(key) ?? look(request, eyes, limited);
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
      const { listPath, client } = eyes.cluster(list.cluster);
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

/** The lists whose changes tell that an observation may have changed; none for what no object tells of. */
export function listsBehind(request: Request): ListRequest[] {
  switch (request.kind) {
    case 'kube.object':
      return [{ ...request, kind: 'kube.list', labels: {} }];
    case 'kube.list':
      return [request];
    case 'http.getEach':
    case 'tcp.connectEach':
    case 'pod.files':
    case 'pod.environ':
    case 'kube.logs':
      return [podsOf(request.cluster, request.pods)];
    case 'http.get':
    case 'tcp.connect':
    case 'dns.lookup':
      return request.from !== 'network' && 'labels' in request.from ? [podsOf(request.cluster, request.from)] : [];
    default:
      return [];
  }
}
