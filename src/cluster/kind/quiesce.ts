import { z } from 'zod';
import type { Kube } from '../kube.ts';
import { ClusterError, type ClusterSpec, type LabSpec } from '../port.ts';
import { ours } from './control-plane.ts';
import { type Engine, pause } from './engine.ts';
import { clusterNodes, controlPlane, type NodeName } from './names.ts';
import { inNode } from './nodes.ts';
import { together } from './together.ts';

/** Where a stopped node keeps what a node made from it begins with. */
export const kept = '/var/slipway';

/**
 * Stops a cluster as one that has not begun: its objects as they are, but no pod has run yet, nothing of what only its own
 * certificates vouch for, and nothing of its nodes' run time. The nodes are left with containerd stopped.
 */
export async function quiesce(engine: Engine, spec: LabSpec, cluster: ClusterSpec, admin: Kube, signal: AbortSignal): Promise<void> {
  const nodes = clusterNodes(spec, cluster);
  const plane = controlPlane(spec, cluster);
  const script = (node: NodeName, text: string) => inNode(engine, node, ['sh', '-c', `${tools}\n${text}`], signal);
  const ready = await readyPods(admin, signal);
  await together(signal, nodes, async (node) => void (await script(node, stopWork)));
  await forgetRuns(admin, signal);
  await settled(admin, signal);
  await script(plane, 'end KILL $(system kube-controller-manager)');
  await forgetIdentities(admin, nodes, signal);
  await script(plane, stopPlane);
  await together(signal, nodes, async (node) => void (await script(node, putAway)));
  const list = JSON.stringify(ready);
  await inNode(engine, plane, ['sh', '-c', `cat > ${kept}/root${ours}/ready-pods.json`], signal, { stdin: list });
}

/** Shell functions over containerd: a node image has no other tool for certain. */
const tools = `set -eu
ctr() { command ctr --namespace k8s.io "$@"; }
system() { ctr containers list --quiet "labels.\\"io.kubernetes.container.name\\"==$1,labels.\\"io.kubernetes.pod.namespace\\"==kube-system"; }
runs() { ctr tasks list | awk '$3 == "RUNNING" { print $1 }'; }
end() {
  how=$1; shift
  for one in "$@"; do ctr tasks kill --signal "SIG$how" "$one" || true; done
  for try in $(seq 100); do
    left=; for one in "$@"; do runs | grep -q "$one" && left=1; done
    [ -n "$left" ] || return 0
    sleep 0.1
  done
}`;

const stopWork = `systemctl stop kubelet
systemctl stop pod-network 2>/dev/null || true
spare=" $(system etcd) $(system kube-apiserver) $(system kube-controller-manager) "
work=; for one in $(runs); do case "$spare" in *" $one "*) ;; *) work="$work $one" ;; esac; done
for one in $work; do ctr tasks kill --signal SIGTERM "$one" 2>/dev/null || true; done
sleep 1
end KILL $work 2>/dev/null`;

/** The API server first, so that etcd can forget what the API server itself would write again. */
const stopPlane = `end TERM $(system kube-apiserver)
etcd=$(system etcd)
pki=/etc/kubernetes/pki/etcd
etcdctl() {
  ctr tasks exec --exec-id "slipway-$$-$1" "$etcd" etcdctl --endpoints https://127.0.0.1:2379 \\
    --cacert $pki/ca.crt --cert $pki/healthcheck-client.crt --key $pki/healthcheck-client.key "$@"
}
etcdctl del /registry/configmaps/kube-system/extension-apiserver-authentication
etcdctl del --prefix /registry/masterleases/
revision=$(etcdctl endpoint status -w json | grep -o '"revision":[0-9]*' | head -n 1 | cut -d : -f 2)
etcdctl compaction --physical "$revision"
etcdctl defrag
end TERM $etcd`;

const putAway = `end KILL $(runs)
for one in $(ctr containers list --quiet); do ctr tasks delete --force "$one" 2>/dev/null || true; ctr containers delete "$one" || true; done
systemctl stop containerd
mkdir -p ${kept}/root
for place in etc/kubernetes etc/cni/net.d kind; do [ ! -e "/$place" ] || (cd / && cp -a --parents "$place" ${kept}/root); done
cd ${kept}/root
rm -rf etc/kubernetes/pki etc/kubernetes/*.conf kind/product_uuid kind${ours.slice('/kind'.length)}/complete kind${ours.slice('/kind'.length)}/token
rm -f kind${ours.slice('/kind'.length)}/*.conf
sync -f ${kept}`;

const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        annotations: z.record(z.string(), z.string()).default({}),
        deletionTimestamp: z.string().optional(),
      }),
      spec: z.object({ nodeName: z.string().optional() }),
      status: z.object({
        phase: z.string(),
        qosClass: z.string().optional(),
        conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

async function podsOf(admin: Kube, signal: AbortSignal) {
  return Pods.parse((await admin.get('/api/v1/pods', { signal })).body).items;
}

/** Pods of the set-up that are ready now, as `NAMESPACE/NAME`: a lab made from this has begun when they are again. */
async function readyPods(admin: Kube, signal: AbortSignal): Promise<string[]> {
  return (await podsOf(admin, signal))
    .filter(({ metadata, status }) => !ofEveryLab.has(metadata.namespace) && isTrue(status.conditions, 'Ready'))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

const ofEveryLab = new Set(['kube-system', 'local-path-storage']);
const mirror = 'kubernetes.io/config.mirror';
const isTrue = (conditions: readonly { type: string; status: string }[], type: string) =>
  conditions.some((condition) => condition.type === type && condition.status === 'True');

/** Sets every pod that has not finished back to where the scheduler left it. */
async function forgetRuns(admin: Kube, signal: AbortSignal): Promise<void> {
  await together(signal, await podsOf(admin, signal), async ({ metadata, spec, status }, stop) => {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if (metadata.annotations[mirror] !== undefined || metadata.deletionTimestamp !== undefined) {
      await agreed(admin.send('DELETE', path, { gracePeriodSeconds: 0 }, { signal: stop }), path);
      return;
    }
    if (status.phase === 'Succeeded' || status.phase === 'Failed' || spec.nodeName === undefined) return;
    const scheduled = status.conditions.filter(({ type }) => type === 'PodScheduled');
    const fresh = { phase: 'Pending', conditions: scheduled, ...(status.qosClass ? { qosClass: status.qosClass } : {}) };
    const patch = [{ op: 'replace', path: '/status', value: fresh }];
    await agreed(
      admin.send('PATCH', `${path}/status`, patch, { signal: stop, contentType: 'application/json-patch+json' }),
      `${path}/status`,
    );
  });
}

const Slices = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
      endpoints: z
        .array(z.object({ conditions: z.object({ ready: z.boolean().optional() }).default({}) }))
        .nullish()
        .transform((list) => list ?? []),
    }),
  ),
});
const Workloads = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        readyReplicas: z.number().optional(),
        availableReplicas: z.number().optional(),
        numberReady: z.number().optional(),
      }),
    }),
  ),
});

const settleLimit = 60_000;

/** Waits until the controllers have drawn the conclusion from pods that do not run: no workload is up, no Service leads anywhere. */
async function settled(admin: Kube, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(settleLimit)]);
  for (;;) {
    const up = await stillUp(admin, limit);
    if (up === undefined) return;
    await pause(200, limit, `see ${up} come to rest`);
  }
}

async function stillUp(admin: Kube, signal: AbortSignal): Promise<string | undefined> {
  const slices = Slices.parse((await admin.get('/apis/discovery.k8s.io/v1/endpointslices', { signal })).body).items;
  const leading = slices.find(
    ({ metadata, endpoints }) =>
      metadata.labels['endpointslice.kubernetes.io/managed-by'] === 'endpointslice-controller.k8s.io' &&
      endpoints.some(({ conditions }) => conditions.ready === true),
  );
  if (leading) return `EndpointSlice ${leading.metadata.name}`;
  for (const kind of ['deployments', 'replicasets', 'statefulsets', 'daemonsets']) {
    const { items } = Workloads.parse((await admin.get(`/apis/apps/v1/${kind}`, { signal })).body);
    const up = items.find(({ status }) => (status.readyReplicas ?? 0) + (status.availableReplicas ?? 0) + (status.numberReady ?? 0) > 0);
    if (up) return `one of the ${kind}, ${up.metadata.name},`;
  }
  return undefined;
}

const Named = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** A heartbeat that no kubelet has sent: whoever sees another one knows that the kubelet has been heard since. */
export const unheard = '2000-01-01T00:00:00Z';

/** Removes what names the cluster's authorities or was signed by them, the events, and the nodes' signs of life. */
async function forgetIdentities(admin: Kube, nodes: readonly NodeName[], signal: AbortSignal): Promise<void> {
  const namespaces = Named.parse((await admin.get('/api/v1/namespaces', { signal })).body).items.map(({ metadata }) => metadata.name);
  const remove = async (path: string) => await agreed(admin.send('DELETE', path, undefined, { signal }), path);
  await remove('/apis/certificates.k8s.io/v1/certificatesigningrequests');
  await remove('/api/v1/namespaces/kube-system/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken');
  await together(signal, namespaces, async (namespace) => {
    await remove(`/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`);
    await remove(`/api/v1/namespaces/${namespace}/events`);
  });
  await together(signal, nodes, async ({ hostname }) => {
    await remove(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${hostname}`);
    const path = `/api/v1/nodes/${hostname}/status`;
    const patch = { status: { conditions: [{ type: 'Ready', lastHeartbeatTime: unheard }] } };
    await agreed(admin.send('PATCH', path, patch, { signal, contentType: 'application/strategic-merge-patch+json' }), path);
  });
}

async function agreed(answer: ReturnType<Kube['send']>, path: string): Promise<void> {
  const { status, body } = await answer;
  if (status < 300 || status === 404) return;
  throw new ClusterError('api', `The API server refused a change to ${path} (HTTP ${status}).`, {
    output: JSON.stringify(body).slice(0, 500),
  });
}
