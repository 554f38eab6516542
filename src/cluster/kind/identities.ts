import { type ClientCredentials, type ClusterAccess, ClusterError, type ClusterSpec, type LabSpec } from '../port.ts';
import { ours } from './control-plane.ts';
import type { Engine } from './engine.ts';
import { run } from './exec.ts';
import { controlPlane, type NodeName } from './names.ts';
import { inNode } from './nodes.ts';
import { yaml } from './yaml.ts';

/** The client certificates of a cluster: who is who in it (design §4). */
export const identities = {
  learner: { name: 'learner', group: 'slipway:learners' },
  grader: { name: 'slipway:grader', group: undefined },
  prober: { name: 'slipway:prober', group: undefined },
} as const;

/** Issues the three certificates in the control plane's node, where `readAccess` finds them after a restart of the server. */
export async function issueIdentities(engine: Engine, spec: LabSpec, cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
  const lines = Object.entries(identities).map(([file, { name, group }]) => {
    const organisation = group === undefined ? '' : ` --org ${group}`;
    const target = `${ours}/${file}.conf`;
    return `[ -s ${target} ] || { kubeadm kubeconfig user --config /kind/kubeadm.conf --client-name ${name}${organisation} > ${target}.new && mv ${target}.new ${target}; }`;
  });
  const script = ['set -e', `umask 077; mkdir -p ${ours}`, ...lines].join('\n');
  await inNode(engine, controlPlane(spec, cluster), ['sh', '-c', script], signal, {
    shown: ['kubeadm', 'kubeconfig', 'user', '--config', '/kind/kubeadm.conf', '--client-name', 'learner', '--org', 'slipway:learners'],
  });
}

export interface NodeAccess extends ClusterAccess {
  learner: ClientCredentials;
  /** `create` came to its end. */
  isComplete: boolean;
}

/** Everything the server needs to know about a cluster, read back from its control plane; null before the certificates are issued. */
export async function readAccess(engine: Engine, cluster: string, container: string, signal: AbortSignal): Promise<NodeAccess | null> {
  // The admin of `super-admin.conf` needs no role: nothing that a learner deletes keeps it from mending.
  const files = ['/kind/version', '/etc/kubernetes/super-admin.conf', `${ours}/learner.conf`, `${ours}/grader.conf`, `${ours}/prober.conf`];
  const script = `set -e; for f in ${files.join(' ')}; do cat $f; printf '\\036'; done; [ ! -e ${completeMark} ] || echo complete`;
  const result = await run(engine, container, ['sh', '-c', script], { signal, privileged: true });
  if (result.code !== 0) return null;
  const [version = '', admin = '', learner = '', grader = '', prober = '', complete = ''] = result.stdout.split('\u001e');
  return {
    name: cluster,
    kubernetesVersion: version.trim(),
    admin: credentialsOf(admin),
    learner: credentialsOf(learner),
    grader: credentialsOf(grader),
    prober: credentialsOf(prober),
    isComplete: complete.trim() === 'complete',
  };
}

/** Remembers in the node that `create` came to its end: a lab without this is not offered by `open`. */
export const completeMark = `${ours}/complete`;

export async function markComplete(engine: Engine, node: NodeName, signal: AbortSignal): Promise<void> {
  await inNode(engine, node, ['touch', completeMark], signal);
}

/** The one cluster and user of a kubeconfig that kubeadm wrote. */
export function credentialsOf(kubeconfig: string): ClientCredentials {
  const field = (name: string) => {
    const value = new RegExp(`^\\s*${name}: *([A-Za-z0-9+/=]+)\\s*$`, 'm').exec(kubeconfig)?.[1];
    if (value === undefined) throw new ClusterError('engine', `A kubeconfig in the node has no ${name}.`);
    return Buffer.from(value, 'base64').toString();
  };
  return { ca: field('certificate-authority-data'), cert: field('client-certificate-data'), key: field('client-key-data') };
}

/** The learner's kubeconfig: one context a cluster, named after it; the first is current. */
export function learnerKubeconfig(clusters: readonly { name: string; hostname: string; learner: ClientCredentials }[]): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return yaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name,
    preferences: {},
    clusters: clusters.map(({ name, hostname, learner }) => ({
      name,
      cluster: { server: `https://${hostname}:6443`, 'certificate-authority-data': base64(learner.ca) },
    })),
    users: clusters.map(({ name, learner }) => ({
      name: `learner@${name}`,
      user: { 'client-certificate-data': base64(learner.cert), 'client-key-data': base64(learner.key) },
    })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: `learner@${name}` } })),
  });
}
