import Dockerode from 'dockerode';
import { expect, test } from 'vitest';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { ClusterSpec, LabSpec } from '#cluster/port.ts';
import { oneCluster } from '../../one-cluster.ts';

const provider = kindProvider({ docker: new Dockerode(), nodeImage: async () => 'node', gatewayImage: async () => 'gateway' });
const toolbox = { image: 'toolbox', memoryBytes: 1, cpus: 1, pids: 1 };
const spec = (cluster: Partial<ClusterSpec> = {}, more: Partial<LabSpec> = {}) =>
  oneCluster(
    { instance: 'i', lab: 'l', toolbox },
    { cluster: { nodes: [{ role: 'control-plane' }, { role: 'worker' }], ...cluster }, ...more },
  );
const unfit = (...given: Parameters<typeof spec>) => provider.captures?.unfit(spec(...given));
const file = (yaml: string) => ({ setup: [{ name: 'a.yaml', yaml }] });

test('a plain lab can be captured, with settings and Secrets of its own', () => {
  expect(unfit()).toBeNull();
  expect(unfit({ kubeadmPatches: [{ kind: 'KubeletConfiguration', maxPods: 30 }] })).toBeNull();
  expect(unfit(file('kind: Secret\ntype: kubernetes.io/tls'))).toBeNull();
});

test.each([
  ['a token in the set-up', {}, file('kind: Secret\ntype: kubernetes.io/service-account-token'), /token/],
  ['a certificate of the cluster’s authority', {}, file('kind: CertificateSigningRequest'), /certificate/],
  ['settings that name certificates', {}, { kubeadmPatches: [{ kind: 'ClusterConfiguration', certificatesDir: '/x' }] }, /certificates/],
  ['a machine beside the cluster', { containers: [{ name: 'db', image: 'x', env: {} }] }, {}, /beside the cluster/],
  ['several clusters', { clusters: [...spec().clusters, ...spec({ name: 'other' }).clusters] }, {}, /several clusters/],
])('%s is said to be what a capture cannot carry', (_name, more, cluster, why) => {
  expect(unfit(cluster, more)).toMatch(why);
});
