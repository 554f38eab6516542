import { ClusterError, type ClusterSpec, type LabSpec } from '../port.ts';
import type { Engine } from './engine.ts';
import { kubeadmDocuments, kubeadmPatches, patchesFolder } from './kubeadm.ts';
import { clusterNodes, controlPlane, type NodeName } from './names.ts';
import { addressOf, inNode } from './nodes.ts';
import { together } from './together.ts';
import { documents } from './yaml.ts';

/** Where our own files lie in a node. */
export const ours = '/kind/slipway';

interface Survey {
  version: string;
  token: string;
}

/** The image's version and the cluster's bootstrap token, made at the first look so that a repeated step finds the same. */
async function survey(engine: Engine, node: NodeName, signal: AbortSignal): Promise<Survey> {
  const script = `mkdir -p ${ours} && umask 077
[ -s ${ours}/token ] || { t=$(od -An -tx1 -N11 /dev/urandom | tr -d ' \\n'); echo "$(echo $t | cut -c1-6).$(echo $t | cut -c7-22)" > ${ours}/token; }
cat /kind/version; echo; cat ${ours}/token`;
  const [version = '', token = ''] = (await inNode(engine, node, ['sh', '-c', script], signal)).trim().split(/\s+/);
  const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 0);
  if (minor < 31) {
    throw new ClusterError('no-image', `The node image holds Kubernetes "${version}"; Slipway needs v1.31 or later.`, {
      command: `docker exec ${node.container} cat /kind/version`,
      advice: 'Set SLIPWAY_NODE_IMAGE to a newer kindest/node image, or unset it.',
    });
  }
  return { version, token };
}

async function kubeadmConfig(
  engine: Engine,
  spec: LabSpec,
  cluster: ClusterSpec,
  node: NodeName,
  cgroup: '1' | '2',
  signal: AbortSignal,
): Promise<string> {
  const plane = controlPlane(spec, cluster);
  const [{ version, token }, address] = await Promise.all([survey(engine, plane, signal), addressOf(engine, spec.lab, node, signal)]);
  return documents(kubeadmDocuments({ cluster, node, controlPlane: plane, address, version, token, cgroup }));
}

/** `kubeadm init`, once: a node where it was cut off is reset first. */
export async function initControlPlane(
  engine: Engine,
  spec: LabSpec,
  cluster: ClusterSpec,
  cgroup: '1' | '2',
  signal: AbortSignal,
): Promise<void> {
  const node = controlPlane(spec, cluster);
  const config = await kubeadmConfig(engine, spec, cluster, node, cgroup, signal);
  await inNode(engine, node, ['sh', '-c', once('init', 'init --skip-token-print')], signal, {
    stdin: config,
    shown: ['kubeadm', 'init', '--config=/kind/kubeadm.conf', '--skip-token-print'],
  });
}

/** Joins all workers of a cluster at once. */
export async function joinWorkers(
  engine: Engine,
  spec: LabSpec,
  cluster: ClusterSpec,
  cgroup: '1' | '2',
  signal: AbortSignal,
): Promise<void> {
  const workers = clusterNodes(spec, cluster).filter((node) => node.role === 'worker');
  await together(signal, workers, async (node, stop) => {
    const config = await kubeadmConfig(engine, spec, cluster, node, cgroup, stop);
    await inNode(engine, node, ['sh', '-c', once('join', 'join')], stop, {
      stdin: config,
      shown: ['kubeadm', 'join', '--config=/kind/kubeadm.conf'],
    });
  });
}

function once(marker: string, command: string): string {
  return `set -e
[ ! -e ${ours}/${marker} ] || exit 0
cat > /kind/kubeadm.conf
mkdir -p ${ours} ${patchesFolder}
${Object.entries(kubeadmPatches)
  .map(([name, patch]) => `printf %s '${JSON.stringify(patch)}' > ${patchesFolder}/${name}`)
  .join('\n')}
[ ! -e /etc/kubernetes/kubelet.conf ] || kubeadm reset --force --cri-socket=unix:///run/containerd/containerd.sock
kubeadm ${command} --config=/kind/kubeadm.conf --v=2
touch ${ours}/${marker}`;
}

/**
 * Applies the image's pod network and storage class as soon as the API server answers anything, while kubeadm goes on;
 * what it lacks for them in its first moments (a namespace, a resource) is waited for.
 * The manifests of kind's own images are templates in two dialects, of which each may occur.
 */
export async function installAddons(engine: Engine, spec: LabSpec, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  const node = controlPlane(spec, cluster);
  const withEndpoint = `if .kind == "DaemonSet" then .spec.template.spec.containers[0].env += [{name: "CONTROL_PLANE_ENDPOINT", value: "${node.hostname}:6443"}] else . end`;
  const script = `set -e
export KUBECONFIG=/etc/kubernetes/super-admin.conf
until [ -s $KUBECONFIG ] && curl -sk --max-time 2 -o /dev/null https://127.0.0.1:6443/livez/ping; do sleep 0.1; done
cni=/tmp/default-cni.yaml
sed -e 's#{{ *\\.PodSubnet *}}#${cluster.podSubnet}#g' /kind/manifests/default-cni.yaml > $cni
if grep -q 'would you kindly patch this file' $cni; then
  kubectl create --dry-run=client -o json -f $cni | jq 'if .kind == "List" then .items[] else . end | ${withEndpoint}' > $cni.json
  cni=$cni.json
fi
for try in $(seq 30); do
  kubectl apply --server-side --force-conflicts --field-manager=slipway-setup -f $cni -f /kind/manifests/default-storage.yaml 2>/tmp/addons.err && exit 0
  sleep 0.2
done
cat /tmp/addons.err >&2; exit 1`;
  await inNode(engine, node, ['sh', '-c', script], signal, {
    shown: ['kubectl', 'apply', '--server-side', '-f', '/kind/manifests/default-cni.yaml', '-f', '/kind/manifests/default-storage.yaml'],
  });
}
