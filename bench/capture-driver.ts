/**
 * A hand driver of captures: makes a lab, captures it, and makes labs from it.
 *   node bench/capture-driver.ts [--take] [--restore N] [--workers N] [--setup FILE] [--images a,b] [--keep] [--quiet]
 * Images come from SLIPWAY_NODE_IMAGE, SLIPWAY_GATEWAY_IMAGE and SLIPWAY_TOOLBOX_IMAGE.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Dockerode from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import { ClusterError, type LabSpec, type StepEvent } from '#cluster/port.ts';

const { values } = parseArgs({
  options: {
    take: { type: 'boolean', default: false },
    restore: { type: 'string', default: '0' },
    workers: { type: 'string', default: '0' },
    setup: { type: 'string', default: '' },
    images: { type: 'string', default: '' },
    key: { type: 'string', default: 'hand' },
    keep: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});
const env = (name: string, fallback: string) => process.env[name] ?? fallback;
const docker = new Dockerode();
const parent = process.env['BENCH_CGROUP_PARENT'];
if (parent !== undefined) {
  // On a busy machine: what is measured is put where other work does not press it.
  const make = docker.createContainer.bind(docker);
  docker.createContainer = ((body: Dockerode.ContainerCreateOptions) =>
    make({ ...body, HostConfig: { ...body.HostConfig, CgroupParent: parent } })) as typeof docker.createContainer;
}
const provider = kindProvider({
  docker,
  nodeImage: async () => env('SLIPWAY_NODE_IMAGE', 'slipway/node'),
  gatewayImage: async () => env('SLIPWAY_GATEWAY_IMAGE', 'slipway/gateway'),
});
const specOf = (lab: string): LabSpec => ({
  instance: 'bench-x',
  lab,
  epoch: 1,
  clusters: [
    {
      name: 'main',
      nodes: [{ role: 'control-plane' as const }, ...Array.from({ length: Number(values.workers) }, () => ({ role: 'worker' as const }))],
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/16',
      kubeadmPatches: [],
      setup: values.setup === '' ? [] : [{ name: 'setup.yaml', yaml: readFileSync(values.setup, 'utf8') }],
    },
  ],
  containers: [],
  toolbox: { image: env('SLIPWAY_TOOLBOX_IMAGE', 'slipway/toolbox'), memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 256 },
  images: values.images.split(',').filter(Boolean),
  proberRules: [],
});

let began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s`;
const say = (event: StepEvent) => {
  if (values.quiet) return;
  const more = event.state === 'end' ? `${event.milliseconds} ms` : event.state === 'detail' ? event.detail : '';
  console.log(seconds(), event.id, event.state, more);
};
const soon = () => AbortSignal.timeout(300_000);
const { captures } = provider;
if (!captures) throw new TypeError('no captures');
try {
  if (values.take) {
    const spec = specOf('xtake');
    await provider.create(spec, say, soon());
    console.log(seconds(), 'made');
    console.log(seconds(), await captures.take(spec, values.key, soon()));
  }
  for (let round = 0; round < Number(values.restore); round++) {
    const spec = specOf(`xlab${round}`);
    await provider.remove(spec, soon());
    began = performance.now();
    await captures.restore(values.key, spec, say, soon());
    const { cpuMilliseconds } = await provider.usage(spec, soon());
    console.log(seconds(), 'restored', `${Math.round(cpuMilliseconds)} ms of processor`);
    if (!values.keep) await provider.remove(spec, soon());
  }
} catch (error) {
  if (error instanceof ClusterError) console.log(seconds(), { ...error, cause: String(error.cause), message: error.message });
  else throw error;
}
provider.close?.();
