import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { CommandFailure } from '#cli/failure.ts';
import { mustRun } from '#cli/run-program.ts';
import { images } from '#cluster/images/index.ts';
import type { BenchOptions } from '../bench-lab.ts';

/** The stock kind CLI with our node image, in a folder of its own. */
export interface Kind {
  image: string;
  version: string;
  /** Milliseconds of `kind create cluster --wait`. */
  create(name: string, workers?: number): Promise<number>;
  /** Milliseconds of `kind delete cluster`. */
  remove(name: string): Promise<number>;
  /** Removes every cluster of it that is left, and its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Two benches on one engine must not meet, and what a killed one left behind is in nobody's way. */
const run = randomBytes(3).toString('hex');
/** The name of a cluster of this run. */
export const peerName = (number = 0) => `slipway-bench-${run}-${number}`;

export async function stockKind({ root, signal }: Pick<BenchOptions, 'root' | 'signal'>): Promise<Kind> {
  const version = await mustRun(['kind', 'version'], { signal }).catch((cause: unknown) => {
    throw new CommandFailure('the peer, the stock kind CLI, is not here', {
      advice: 'Install Debian’s package: apt-get install kind',
      cause,
    });
  });
  const docker = new Dockerode();
  const { ref: image } = await images(docker, { root }).ensure('node', { signal });
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kind-'));
  const made = new Set<string>();
  // Kind never removes its network: one of this run's own is.
  const network = `slipway-bench-${run}`;
  const env = { KUBECONFIG: join(folder, 'kubeconfig'), KIND_EXPERIMENTAL_DOCKER_NETWORK: network };
  const timed = async (argv: [string, ...string[]]) => {
    const began = performance.now();
    // Ctrl-C is answered after the cluster is whole or gone, so that it is found.
    await mustRun(argv, { env, signal: AbortSignal.timeout(600_000) });
    return Math.round(performance.now() - began);
  };
  const self: Kind = {
    image,
    version: version.trim(),
    async create(name, workers = 0) {
      signal.throwIfAborted();
      const config = join(folder, `${name}.yaml`);
      await writeFile(config, configOf(workers));
      made.add(name);
      return await timed(['kind', 'create', 'cluster', '--name', name, '--image', image, '--config', config, '--wait', '5m']);
    },
    async remove(name) {
      const took = await timed(['kind', 'delete', 'cluster', '--name', name]);
      made.delete(name);
      return took;
    },
    async [Symbol.asyncDispose]() {
      const outcomes = [];
      for (const name of [...made]) outcomes.push(...(await Promise.allSettled([self.remove(name)])));
      await rm(folder, { recursive: true, force: true });
      for (const { Id } of await docker.listNetworks({ filters: JSON.stringify({ name: [network] }) })) {
        outcomes.push(...(await Promise.allSettled([docker.getNetwork(Id).remove()])));
      }
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
  return self;
}

/** The kubelet of a host with cgroup v1 is told to run all the same, as ours is. */
function configOf(workers: number): string {
  const patch = ['kind: KubeletConfiguration', 'apiVersion: kubelet.config.k8s.io/v1beta1', 'failCgroupV1: false'];
  return [
    'kind: Cluster',
    'apiVersion: kind.x-k8s.io/v1alpha4',
    'kubeadmConfigPatches:',
    '- |',
    ...patch.map((line) => `  ${line}`),
    'nodes:',
    '- role: control-plane',
    ...Array.from({ length: workers }, () => '- role: worker'),
    '',
  ].join('\n');
}
