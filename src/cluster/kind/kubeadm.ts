import type { ClusterSpec } from '../port.ts';
import type { NodeName } from './names.ts';

export interface KubeadmInput {
  cluster: ClusterSpec;
  node: NodeName;
  controlPlane: NodeName;
  /** The node's address on the lab's network. */
  address: string;
  /** `/kind/version` of the image, e.g. `v1.35.4`. */
  version: string;
  token: string;
  cgroup: '1' | '2';
}

type Document = Record<string, unknown>;

/** The documents of `/kind/kubeadm.conf`, one file for init and join; kubeadm reads those its command needs. */
export function kubeadmDocuments(input: KubeadmInput): Document[] {
  const { cluster, node, controlPlane, address, version, token } = input;
  const endpoint = `${controlPlane.hostname}:6443`;
  const nodeRegistration = {
    criSocket: 'unix:///run/containerd/containerd.sock',
    // Without the lab's name: a node cannot change it, and labs made from one capture share their node objects.
    kubeletExtraArgs: args({ 'node-ip': address, 'provider-id': `kind://docker/slipway/${node.hostname}` }),
  };
  const isAlone = cluster.nodes.length === 1;
  const kubeadm = 'kubeadm.k8s.io/v1beta4';
  const base: Document[] = [
    {
      apiVersion: kubeadm,
      kind: 'ClusterConfiguration',
      kubernetesVersion: version,
      clusterName: node.kindCluster,
      controlPlaneEndpoint: endpoint,
      encryptionAlgorithm: 'ECDSA-P256',
      apiServer: { certSANs: ['localhost', '127.0.0.1', controlPlane.hostname, controlPlane.container], extraEnvs: frugal },
      // One control plane has nobody to elect: no wait for a lease at the start or after a pause.
      controllerManager: {
        extraArgs: args({ 'enable-hostpath-provisioner': 'true', 'leader-elect': 'false', 'node-monitor-period': '1s', ...quickStart }),
        extraEnvs: frugal,
      },
      // A member that is alone elects itself: nothing is gained by waiting a second for others.
      etcd: { local: { extraArgs: args({ 'heartbeat-interval': '20', 'election-timeout': '100' }), extraEnvs: frugal } },
      scheduler: { extraArgs: args({ 'leader-elect': 'false' }), extraEnvs: frugal },
      networking: { podSubnet: cluster.podSubnet, serviceSubnet: cluster.serviceSubnet },
    },
    {
      apiVersion: kubeadm,
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token }],
      localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 },
      nodeRegistration: isAlone ? { ...nodeRegistration, taints: [] } : nodeRegistration,
      skipPhases: ['preflight', 'kubelet-finalize', 'show-join-command'],
      patches: { directory: patchesFolder },
    },
    {
      apiVersion: kubeadm,
      kind: 'JoinConfiguration',
      nodeRegistration,
      discovery: { bootstrapToken: { apiServerEndpoint: endpoint, token, unsafeSkipCAVerification: true } },
      skipPhases: ['preflight'],
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'systemd',
      cgroupRoot: '/kubelet',
      failSwapOn: false,
      // A fork bomb in a pod ends with that pod.
      podPidsLimit: 1024,
      // After a pause the first look finds the runtime "down" and the node not ready: the next one must not be ten seconds away.
      nodeStatusUpdateFrequency: '2s',
      nodeStatusReportFrequency: '5m',
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
      ...(input.cgroup === '1' ? { failCgroupV1: false } : {}),
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      iptables: { minSyncPeriod: '1s' },
      conntrack: { maxPerCore: 0 },
    },
  ];
  return base.map((document) => cluster.kubeadmPatches.filter((patch) => patch['kind'] === document['kind']).reduce(merged, document));
}

/** Go gives memory back sooner: half of what lies in it for nothing, for a few hundredths of the processor while something happens. */
const frugal = [{ name: 'GOGC', value: '50' }];

export const patchesFolder = '/kind/patches';

/**
 * Files in that folder: three parts of the control plane are asked every second whether they are ready, which is a third of all
 * that an idle cluster does. Nothing in a lab waits for it.
 */
export const kubeadmPatches: Readonly<Record<string, Document>> = Object.fromEntries(
  ['etcd', 'kube-apiserver', 'kube-scheduler'].map((name) => [
    `${name}+strategic.json`,
    { spec: { containers: [{ name, readinessProbe: { periodSeconds: 10 } }] } },
  ]),
);

/**
 * The controller manager asks for some forty tokens before any controller begins, at 20 requests a second by default:
 * seconds in which no node gets its range of addresses and no namespace its service account.
 */
const quickStart = { 'kube-api-qps': '200', 'kube-api-burst': '300' };

/** v1beta4 writes arguments as a list of names and values. */
function args(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** A JSON merge patch (RFC 7386), but lists of `{name, …}` are merged by name: an author's argument joins ours. */
export function merged(target: Document, patch: Document): Document {
  const out = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const present = out[key];
    if (value === null) delete out[key];
    else if (isNamedList(value) && isNamedList(present)) {
      const given = new Set(value.map((item) => item.name));
      out[key] = [...present.filter((item) => !given.has(item.name)), ...value];
    } else if (isDocument(value)) out[key] = merged(isDocument(present) ? present : {}, value);
    else out[key] = value;
  }
  return out;
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isDocument(item) && typeof item['name'] === 'string');
}
