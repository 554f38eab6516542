/**
 * A hand driver of the kind provider: makes a lab, shows what it can do, and removes it.
 *   node bench/lab-driver.ts [--workers N] [--clusters N] [--keep] [--images a,b]
 * Images come from SLIPWAY_NODE_IMAGE, SLIPWAY_GATEWAY_IMAGE and SLIPWAY_TOOLBOX_IMAGE.
 */
import { parseArgs } from 'node:util';
import Dockerode from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import { kube } from '#cluster/kube.ts';
import { ClusterError, type LabSpec } from '#cluster/port.ts';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '0' },
    clusters: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    images: { type: 'string', default: '' },
    lab: { type: 'string', default: 'bench' },
  },
});
const env = (name: string, fallback: string) => process.env[name] ?? fallback;
const signal = AbortSignal.timeout(300_000);
const provider = kindProvider({
  docker: new Dockerode(),
  nodeImage: async () => env('SLIPWAY_NODE_IMAGE', 'slipway/node'),
  gatewayImage: async () => env('SLIPWAY_GATEWAY_IMAGE', 'slipway/gateway'),
});
const several = Number(values.clusters);
const spec: LabSpec = {
  instance: 'bench',
  lab: values.lab,
  epoch: 1,
  clusters: Array.from({ length: several }, (_, index) => ({
    name: several === 1 ? 'main' : `c${index}`,
    nodes: [{ role: 'control-plane' as const }, ...Array.from({ length: Number(values.workers) }, () => ({ role: 'worker' as const }))],
    podSubnet: `10.${244 - index}.0.0/16`,
    serviceSubnet: `10.${96 + index}.0.0/16`,
    kubeadmPatches: [],
    setup: [],
  })),
  containers: [],
  toolbox: { image: env('SLIPWAY_TOOLBOX_IMAGE', 'slipway/toolbox'), memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 256 },
  images: values.images.split(',').filter(Boolean),
  proberRules: [],
};

const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s`;
try {
  const lab = await provider.create(
    spec,
    (event) =>
      console.log(
        seconds(),
        event.id,
        event.state,
        event.state === 'end' ? `${event.milliseconds} ms` : event.state === 'detail' ? event.detail : '',
      ),
    signal,
  );
  console.log(seconds(), 'ready', lab.nodes.map((node) => node.container).join(' '));
  for (const cluster of lab.clusters) {
    const grader = kube({
      connect: (limit) => provider.dial(spec, { kind: 'api', cluster: cluster.name }, limit),
      credentials: cluster.grader,
    });
    const answer = await grader.get('/api/v1/pods?limit=1', { signal });
    console.log(seconds(), cluster.name, cluster.kubernetesVersion, 'grader lists pods:', answer.status);
    await grader.close();
  }
  const hello = await provider.exec(spec, { kind: 'toolbox' }, ['sh', '-c', 'id -u; ls ~/.kube'], { signal });
  console.log(seconds(), 'toolbox', JSON.stringify(hello));
} catch (error) {
  if (error instanceof ClusterError) console.log(seconds(), { ...error, cause: String(error.cause), message: error.message });
  else throw error;
} finally {
  if (!values.keep) {
    await provider.remove(spec, AbortSignal.timeout(60_000));
    console.log(seconds(), 'removed');
  }
}
