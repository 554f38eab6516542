import { randomBytes } from 'node:crypto';
import { ours } from './control-plane.ts';
import { credentialsOf, identities } from './identities.ts';
import type { NodeName } from './names.ts';
import { type Authority, authority, issue, type Pair, tokenKeys } from './x509.ts';
import { yaml } from './yaml.ts';

/** A small file of a node; `link` makes it a symbolic link. */
export interface NodeFile {
  path: string;
  content: string;
  mode: number;
  link?: string;
}

export interface PlacedNode extends NodeName {
  /** Its address on the lab's network. */
  address: string;
}

const pki = '/etc/kubernetes/pki';
const kubelet = '/var/lib/kubelet/pki';

/**
 * Everything in a cluster's nodes that tells who is who, made anew: authorities, certificates, kubeconfigs, the key of tokens, the
 * bootstrap token. The same names and uses as kubeadm's, so that its own commands go on working on them.
 */
export function clusterSecrets(nodes: readonly PlacedNode[], plane: PlacedNode, serviceAddress: string) {
  const ca = authority('kubernetes');
  const bootstrapToken = `${randomBytes(3).toString('hex')}.${randomBytes(8).toString('hex')}`;
  const files = new Map(
    nodes.map((node) => [
      node.hostname,
      [...nodeFiles(ca, node, plane), ...(node.hostname === plane.hostname ? planeFiles(ca, plane, serviceAddress, bootstrapToken) : [])],
    ]),
  );
  const credentials = (path: string) => credentialsOf(files.get(plane.hostname)?.find((file) => file.path === path)?.content ?? '');
  return {
    ca: ca.cert,
    bootstrapToken,
    files,
    admin: credentials('/etc/kubernetes/super-admin.conf'),
    learner: credentials(`${ours}/learner.conf`),
    grader: credentials(`${ours}/grader.conf`),
    prober: credentials(`${ours}/prober.conf`),
  };
}

function nodeFiles(ca: Authority, node: NodeName, plane: PlacedNode): NodeFile[] {
  const name = `system:node:${node.hostname}`;
  const client = issue(ca, { commonName: name, organisation: 'system:nodes', uses: ['client'] });
  const server = issue(ca, { commonName: name, organisation: 'system:nodes', uses: ['server'], hosts: [node.hostname] });
  const current = `${kubelet}/kubelet-client-current.pem`;
  const dated = `${kubelet}/kubelet-client-${new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-')}.pem`;
  const where = node.hostname === plane.hostname ? plane.address : plane.hostname;
  return [
    secret(dated, client.cert + client.key),
    { path: current, content: '', mode: 0o777, link: dated },
    open(`${kubelet}/kubelet.crt`, server.cert),
    secret(`${kubelet}/kubelet.key`, server.key),
    secret('/etc/kubernetes/kubelet.conf', kubeconfig({ node, ca, server: where, user: name, file: current })),
    ...(node.hostname === plane.hostname ? [] : [open(`${pki}/ca.crt`, ca.cert)]),
  ];
}

function planeFiles(ca: Authority, node: PlacedNode, serviceAddress: string, bootstrapToken: string): NodeFile[] {
  const front = authority('front-proxy-ca');
  const etcd = authority('etcd-ca');
  const tokens = tokenKeys();
  const here = [node.hostname, 'localhost', node.address, '127.0.0.1'];
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', serviceAddress];
  const admins = 'kubeadm:cluster-admins';
  const member = { commonName: node.hostname, uses: ['server', 'client'], hosts: here } as const;
  const pairs: Readonly<Record<string, Pair>> = {
    ca,
    'front-proxy-ca': front,
    'etcd/ca': etcd,
    apiserver: issue(ca, { commonName: 'kube-apiserver', uses: ['server'], hosts: [...here, node.container, ...service] }),
    'apiserver-kubelet-client': issue(ca, { commonName: 'kube-apiserver-kubelet-client', organisation: admins, uses: ['client'] }),
    'front-proxy-client': issue(front, { commonName: 'front-proxy-client', uses: ['client'] }),
    'apiserver-etcd-client': issue(etcd, { commonName: 'kube-apiserver-etcd-client', uses: ['client'] }),
    'etcd/healthcheck-client': issue(etcd, { commonName: 'kube-etcd-healthcheck-client', uses: ['client'] }),
    'etcd/server': issue(etcd, member),
    'etcd/peer': issue(etcd, member),
  };
  const user = (path: string, server: string, commonName: string, organisation?: string): NodeFile => {
    const pair = issue(ca, { commonName, ...(organisation === undefined ? {} : { organisation }), uses: ['client'] });
    return secret(path, kubeconfig({ node, ca, server, user: commonName, pair }));
  };
  return [
    ...Object.entries(pairs).flatMap(([name, { cert, key }]) => [open(`${pki}/${name}.crt`, cert), secret(`${pki}/${name}.key`, key)]),
    secret(`${pki}/sa.key`, tokens.secret),
    secret(`${pki}/sa.pub`, tokens.open),
    user('/etc/kubernetes/admin.conf', node.hostname, 'kubernetes-admin', admins),
    user('/etc/kubernetes/super-admin.conf', node.hostname, 'kubernetes-super-admin', 'system:masters'),
    user('/etc/kubernetes/controller-manager.conf', node.address, 'system:kube-controller-manager'),
    user('/etc/kubernetes/scheduler.conf', node.address, 'system:kube-scheduler'),
    ...Object.entries(identities).map(([file, { name, group }]) => user(`${ours}/${file}.conf`, node.hostname, name, group)),
    secret(`${ours}/token`, `${bootstrapToken}\n`),
  ];
}

const open = (path: string, content: string): NodeFile => ({ path, content, mode: 0o644 });
const secret = (path: string, content: string): NodeFile => ({ path, content, mode: 0o600 });

interface Kubeconfig {
  node: NodeName;
  ca: Authority;
  /** Host name or address of the API server. */
  server: string;
  user: string;
  pair?: Pair;
  /** Certificate and key in one file of the node, instead of `pair`. */
  file?: string;
}

/** A kubeconfig with the fields and names that kubeadm writes. */
function kubeconfig({ node, ca, server, user, pair, file }: Kubeconfig): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const cluster = node.kindCluster;
  const context = `${user}@${cluster}`;
  const proof = pair
    ? { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) }
    : { 'client-certificate': file, 'client-key': file };
  return plain(
    yaml({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: cluster, cluster: { 'certificate-authority-data': base64(ca.cert), server: `https://${server}:6443` } }],
      contexts: [{ name: context, context: { cluster, user } }],
      'current-context': context,
      users: [{ name: user, user: proof }],
    }),
  );
}

/** Without quotes, as programs that read these files line by line want it; nothing in them needs any. */
const plain = (text: string) => text.replace(/: "([^"]*)"$/gm, ': $1');
