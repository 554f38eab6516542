import { z } from 'zod';
import { ClusterError, type Probe, type ProbeResults } from '#cluster/port.ts';
import type { From, Selection } from '#grading/observation.ts';
import type { Eyes } from './eyes.ts';

const ContainerStatuses = z
  .array(
    z.object({
      name: z.string(),
      containerID: z.string().optional(),
      state: z.object({ running: z.unknown() }).partial().default({}),
    }),
  )
  .default([]);

const RunningPod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ nodeName: z.string().default(''), containers: z.array(z.object({ name: z.string() })).default([]) }).prefault({}),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      containerStatuses: ContainerStatuses,
      initContainerStatuses: ContainerStatuses,
    })
    .prefault({}),
});
export type RunningPod = z.infer<typeof RunningPod>;

/** The running pods of a selection that have an address and are not on their way out, by name. */
export async function runningPods(
  { cluster }: Eyes,
  name: string,
  { namespace, labels }: Selection,
  signal: AbortSignal,
): Promise<RunningPod[]> {
  const request = { kind: 'kube.list' as const, cluster: name, apiVersion: 'v1', of: 'Pod', namespace, labels };
  const pods = z.array(RunningPod).parse(await cluster(name).read(request, signal));
  return pods
    .filter(({ metadata, status }) => status.phase === 'Running' && status.podIP && metadata.deletionTimestamp === undefined)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** What its node knows a pod by: a static one has another UID there than its mirror in the API. */
const uidOnNode = ({ metadata }: RunningPod) => metadata.annotations['kubernetes.io/config.mirror'] ?? metadata.uid;

/** Probes from within a pod. Null when it cannot be entered because it is going. */
export async function probePod<P extends Probe>(
  eyes: Eyes,
  name: string,
  pod: RunningPod,
  probe: P,
  signal: AbortSignal,
): Promise<ProbeResults[P['op']] | null> {
  const place = { kind: 'pod' as const, cluster: name, node: pod.spec.nodeName, uid: uidOnNode(pod) };
  try {
    return await eyes.provider.probe(eyes.ref, place, probe, signal);
  } catch (error) {
    // Only what the API server says anew makes it a pod that went; else it is one that we could not enter.
    if (error instanceof ClusterError && !(await stillRuns(eyes, name, pod, probe, signal))) return null;
    throw error;
  }
}

/** Probes every running pod of a selection at once; those that go meanwhile are left out. */
export async function probeEach<P extends Probe, Value extends object>(
  eyes: Eyes,
  name: string,
  pods: Selection,
  probeOf: (pod: RunningPod) => P | null,
  seenAs: (result: ProbeResults[P['op']]) => Value,
  signal: AbortSignal,
): Promise<({ pod: string; uid: string } & Value)[]> {
  const seen = (await runningPods(eyes, name, pods, signal)).map(async (pod) => {
    const probe = probeOf(pod);
    const result = probe && (await probePod(eyes, name, pod, probe, signal));
    return result && { pod: pod.metadata.name, uid: pod.metadata.uid, ...seenAs(result) };
  });
  return (await Promise.all(seen)).filter((one) => one !== null);
}

/** Probes from a place; null when its selection has no running pod. A pod that goes while it is asked counts as not running. */
export async function probeFrom<P extends Probe>(
  eyes: Eyes,
  name: string,
  from: From,
  probe: P,
  signal: AbortSignal,
): Promise<ProbeResults[P['op']] | null> {
  if (from === 'network') return eyes.provider.probe(eyes.ref, { kind: 'network' }, probe, signal);
  if ('node' in from) return eyes.provider.probe(eyes.ref, { kind: 'node', cluster: name, hostname: from.node }, probe, signal);
  for (const pod of await runningPods(eyes, name, from, signal)) {
    const result = await probePod(eyes, name, pod, probe, signal);
    if (result !== null) return result;
  }
  return null;
}

async function stillRuns({ cluster }: Eyes, name: string, { metadata }: RunningPod, probe: Probe, signal: AbortSignal): Promise<boolean> {
  const { name: pod, namespace, uid } = metadata;
  const request = { kind: 'kube.object' as const, cluster: name, apiVersion: 'v1', of: 'Pod', name: pod, namespace };
  const found = RunningPod.nullable().parse(await cluster(name).readAnew(request, signal));
  if (found?.metadata.uid !== uid || found.metadata.deletionTimestamp !== undefined || found.status.phase !== 'Running') return false;
  return !('container' in probe) || runningContainers(found).some(({ id }) => id === probe.container);
}

/** Containers of a pod that run (sidecars too), with the runtime's id of each. */
function runningContainers({ status }: RunningPod): { name: string; id: string }[] {
  return [...status.containerStatuses, ...status.initContainerStatuses].flatMap(({ name, containerID, state }) => {
    const id = state.running === undefined ? undefined : containerID?.split('://')[1];
    return id ? [{ name, id }] : [];
  });
}

/** The id of a container by name, or of the pod's first; null when it does not run. */
export function containerOf(pod: RunningPod, name: string | null): string | null {
  const wanted = name ?? pod.spec.containers[0]?.name;
  return runningContainers(pod).find((container) => container.name === wanted)?.id ?? null;
}
