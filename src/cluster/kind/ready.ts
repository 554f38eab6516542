import { z } from 'zod';
import type { Kube, KubeAnswer } from '../kube.ts';
import { ClusterError, type ClusterSpec, type LabSpec } from '../port.ts';
import type { Engine } from './engine.ts';
import { pause } from './engine.ts';
import { tail } from './failures.ts';
import { clusterNodes, controlPlane } from './names.ts';
import { inNode } from './nodes.ts';
import { together } from './together.ts';

/** Waits until kubeadm has bound its admin to cluster-admin: the API server answers a little before that. */
export async function waitAdmin(admin: Kube, signal: AbortSignal): Promise<void> {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins';
  await answered(admin, path, { every: 100, what: 'see the admin’s rights' }, signal);
}

/** Asks, every so many milliseconds, until the API server gives it; answers what it gave. */
export async function answered(
  admin: Kube,
  path: string,
  { every, what }: { every: number; what: string },
  signal: AbortSignal,
): Promise<unknown> {
  for (;;) {
    const answer = await attempt(() => admin.get(path, { signal }), signal);
    if (answer?.status === 200) return answer.body;
    await pause(every, signal, what);
  }
}

const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ taints: z.array(z.object({ key: z.string() })).default([]) }),
      status: z.object({
        conditions: z
          .array(
            z.object({ type: z.string(), status: z.string(), message: z.string().optional(), lastHeartbeatTime: z.string().nullish() }),
          )
          .default([]),
      }),
    }),
  ),
});

/** Waits until every node of the cluster is Ready and pods can be made in `default`. Says what is missing when the time is up. */
export async function waitReady(
  admin: Kube,
  spec: LabSpec,
  cluster: ClusterSpec,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = clusterNodes(spec, cluster).map((node) => node.hostname);
  const where = { cluster: cluster.name, plane: controlPlane(spec, cluster).container };
  await nodesReady(admin, wanted, where, detail, signal);
  if (cluster.nodes.length === 1) await dropLoadBalancerExclusion(admin, wanted[0] ?? '', signal);
}

/**
 * Waits until the API server answers, every node is Ready and takes pods, and `default` has its service account; `holding` so many
 * milliseconds on end, looking `every` so many. A heartbeat that is `unheard` was written by nobody: such a node is not ready.
 * Says what is missing when the time is up.
 */
export async function nodesReady(
  admin: Kube,
  hostnames: readonly string[],
  {
    cluster,
    plane,
    holding = 0,
    every = 100,
    unheard,
  }: { cluster: string; plane: string; holding?: number; every?: number; unheard?: string },
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let missing = 'the API server to answer';
  let since: number | null = null;
  try {
    for (;;) {
      const now = await stillMissing(admin, hostnames, unheard, signal);
      since = now === null ? (since ?? performance.now()) : null;
      if (since !== null && performance.now() - since >= holding) return;
      if (now !== null && now !== missing) detail(`waiting for ${now}`);
      missing = now ?? missing;
      await pause(every, signal, `see ${missing}`);
    }
  } catch (error) {
    const overdue = error instanceof ClusterError && (error.code === 'deadline' || error.code === 'aborted');
    if (!overdue) throw error;
    throw new ClusterError(error.code, `Cluster ${cluster} was still waiting for ${missing}.`, {
      command: `docker exec ${plane} kubectl get nodes`,
      cause: error,
    });
  }
}

/** What the controller manager puts on a node it does not hear from; gone a moment after the node is back. */
const awayTaints = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

async function stillMissing(
  admin: Kube,
  wanted: readonly string[],
  unheard: string | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const nodes = await attempt(() => admin.get('/api/v1/nodes', { signal }), signal);
  if (nodes?.status !== 200) return 'the API server to answer';
  const { items } = Nodes.parse(nodes.body);
  const ready = new Map(items.map((node) => [node.metadata.name, node.status.conditions.find(({ type }) => type === 'Ready')]));
  for (const hostname of wanted) {
    const condition = ready.get(hostname);
    if (condition?.status !== 'True' || (unheard !== undefined && condition.lastHeartbeatTime === unheard))
      return `node ${hostname}${condition?.message ? ` (${condition.message})` : ''}`;
  }
  // A node that is Ready takes pods only when the controller manager has seen it so.
  const kept = items.find((node) => node.spec.taints.some(({ key }) => awayTaints.has(key)));
  if (kept) return `node ${kept.metadata.name} to take pods`;
  const account = await attempt(() => admin.get('/api/v1/namespaces/default/serviceaccounts/default', { signal }), signal);
  return account?.status === 200 ? null : 'the default service account';
}

/** One look; an API server that is only starting is no failure yet. */
async function attempt(look: () => Promise<KubeAnswer>, signal: AbortSignal): Promise<KubeAnswer | null> {
  try {
    return await look();
  } catch (error) {
    if (signal.aborted || !(error instanceof ClusterError)) throw error;
    return null;
  }
}

/** With a single node, services of type LoadBalancer may point at it, as in kind. */
async function dropLoadBalancerExclusion(admin: Kube, hostname: string, signal: AbortSignal): Promise<void> {
  const patch = { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': null } } };
  await admin.send('PATCH', `/api/v1/nodes/${hostname}`, patch, { signal, contentType: 'application/merge-patch+json' });
}

/** Waits until names resolve in pods of every node: CoreDNS may be up before a node's kube-proxy leads to it. */
export async function waitNames(engine: Engine, spec: LabSpec, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  const plane = controlPlane(spec, cluster);
  const argv = ['kubectl', '-n', 'kube-system', 'wait', '--for=condition=Available', 'deployment/coredns', '--timeout=200s'];
  await inNode(engine, plane, argv, signal);
  const where = ['kubectl', '-n', 'kube-system', 'get', 'service', 'kube-dns', '-o', 'jsonpath={.spec.clusterIP}'];
  const address = (await inNode(engine, plane, where, signal)).trim();
  // Its metrics show that it is CoreDNS that answers. A lab whose set-up breaks it on purpose is not held up for long.
  const script = `end=$(($(date +%s) + 15))
while [ $(date +%s) -lt $end ]; do
  curl -sf --max-time 1 http://${address}:9153/metrics | grep -q coredns_build_info && exit 0
  sleep 0.1
done`;
  await together(signal, clusterNodes(spec, cluster), async (node, stop) => void (await inNode(engine, node, ['sh', '-c', script], stop)));
}

const Applied = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), annotations: z.record(z.string(), z.string()).optional() }),
});
const List = z.object({ kind: z.literal('List'), items: z.array(Applied) });

/** An object with this annotation set to "false" is not waited for: for labs whose fault is that something never becomes ready. */
export const waitAnnotation = 'slipway.dev/wait';

/** Applies one file of the lab's setup as the admin and waits until what it made is established, rolled out or complete. */
export async function applySetup(
  engine: Engine,
  spec: LabSpec,
  cluster: ClusterSpec,
  file: { name: string; yaml: string },
  signal: AbortSignal,
): Promise<void> {
  const node = controlPlane(spec, cluster);
  const shown = ['kubectl', 'apply', '-f', `setup/${file.name}`];
  // A bare pod may come before its new namespace has a service account.
  const script = `for try in 1 2 3 4 5 6 7 8; do
  kubectl apply --server-side --force-conflicts --field-manager=slipway-setup -o json -f /kind/slipway/setup.yaml 2>/tmp/setup.err && exit 0
  grep -qE 'serviceaccount .* not found|no matches for kind' /tmp/setup.err || break
  sleep 0.5
done
cat /tmp/setup.err >&2; exit 1`;
  await inNode(engine, node, ['sh', '-c', 'cat > /kind/slipway/setup.yaml'], signal, { stdin: file.yaml, shown });
  const output = await inNode(engine, node, ['sh', '-c', script], signal, { shown });
  const body: unknown = JSON.parse(output);
  const list = List.safeParse(body);
  const objects = list.success ? list.data.items : [Applied.parse(body)];
  await together(signal, objects, (object, stop) => waitFor(engine, spec, cluster, object, stop));
}

async function waitFor(
  engine: Engine,
  spec: LabSpec,
  cluster: ClusterSpec,
  object: z.infer<typeof Applied>,
  signal: AbortSignal,
): Promise<void> {
  const { kind, metadata } = object;
  if (metadata.annotations?.[waitAnnotation] === 'false') return;
  const command = waits[kind];
  if (!command) return;
  const namespace = metadata.namespace === undefined ? [] : ['-n', metadata.namespace];
  const argv = ['kubectl', ...namespace, ...command, `${kind.toLowerCase()}/${metadata.name}`, '--timeout=150s'];
  const node = controlPlane(spec, cluster);
  try {
    await inNode(engine, node, argv, signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code === 'aborted' || error.code === 'no-engine') throw error;
    const events = await inNode(
      engine,
      node,
      ['kubectl', ...namespace, 'get', 'pods,events', '--sort-by=.lastTimestamp'],
      AbortSignal.timeout(10_000),
    ).catch(String);
    throw new ClusterError(error.code, `${kind} ${metadata.name} of the lab's setup did not become ready.`, {
      command: error.command,
      output: tail(`${error.output ?? ''}\n${events}`),
      advice: error.advice,
      cause: error,
    });
  }
}

const waits: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['rollout', 'status'],
  StatefulSet: ['rollout', 'status'],
  DaemonSet: ['rollout', 'status'],
  Pod: ['wait', '--for=condition=Ready'],
  Job: ['wait', '--for=condition=Complete'],
  CustomResourceDefinition: ['wait', '--for=condition=Established'],
};
