import type { Readable } from 'node:stream';
import type { Kube } from '../kube.ts';
import { ClusterError, type LabSpec } from '../port.ts';
import {
  type EngineTraits,
  ensureCreated,
  ensureHome,
  ensureRunning,
  gatewayBody,
  outsideBody,
  startContainer,
  toolboxBody,
} from './containers.ts';
import { initControlPlane, installAddons, joinWorkers, ours } from './control-plane.ts';
import { type Engine, pause } from './engine.ts';
import { run, unframed } from './exec.ts';
import { adviceFor } from './failures.ts';
import { issueIdentities, learnerKubeconfig, markComplete, readAccess } from './identities.ts';
import { loadImages } from './images.ts';
import { controlPlane, gatewayName, nodeNames, outsideName, toolboxName } from './names.ts';
import { ensureNetwork } from './network.ts';
import { bootNode } from './nodes.ts';
import { applySetup, waitAdmin, waitNames, waitReady } from './ready.ts';
import { grantGrader, grantLearner, grantProber } from './roles.ts';
import type { Step } from './steps.ts';
import { together } from './together.ts';

/** What the steps of one start share, whichever way the lab is made. */
export interface Start {
  engine: Engine;
  spec: LabSpec;
  traits: EngineTraits;
  nodeImage: () => Promise<string>;
  gatewayImage: () => Promise<string>;
  nodeEnv: Readonly<Record<string, string>>;
  /** The admin's client of a cluster, once its certificates are issued. */
  admin(cluster: string, signal: AbortSignal): Promise<Kube>;
}

type StartStep = Step<Start>;

/** The steps of making a lab, in the order a progress display shows them. Those that a lab has no use for are left out. */
export function startSteps(spec: LabSpec): StartStep[] {
  const workers = spec.clusters.some((cluster) => cluster.nodes.length > 1);
  const setup = spec.clusters.some((cluster) => cluster.setup.length > 0);
  return [
    network,
    nodes,
    ...(spec.containers.length > 0 ? [outside] : []),
    toolbox,
    gateway,
    ...(spec.images.length > 0 ? [images] : []),
    plane,
    addons,
    ...(workers ? [join] : []),
    access,
    ready(workers),
    ...(setup ? [prepare(spec.images.length > 0)] : []),
  ];
}

export const network: StartStep = {
  id: 'network',
  title: 'Make the lab’s network',
  after: [],
  limit: 30_000,
  run: async ({ engine, spec }, _detail, signal) => void (await ensureNetwork(engine, spec, signal)),
};

const nodes: StartStep = {
  id: 'nodes',
  title: 'Boot the nodes',
  after: ['network'],
  limit: 240_000,
  async run({ engine, spec, traits, nodeImage, nodeEnv }, _detail, signal) {
    const image = await nodeImage();
    await together(signal, nodeNames(spec), (node, stop) => bootNode(engine, spec, node, image, traits, nodeEnv, stop));
  },
};

export const outside: StartStep = {
  id: 'containers',
  title: 'Start the machines beside the cluster',
  after: ['network'],
  limit: 120_000,
  async run({ engine, spec }, _detail, signal) {
    await together(signal, spec.containers, (container, stop) => ensureRunning(engine, spec, outsideBody(spec, container), stop));
    for (const { name } of spec.containers) await stillRuns(engine, outsideName(spec.lab, name), signal);
  },
};

export const toolbox: StartStep = {
  id: 'toolbox',
  title: 'Prepare the shell',
  after: ['network'],
  limit: 60_000,
  async run({ engine, spec }, _detail, signal) {
    await ensureHome(engine, spec, signal);
    await ensureRunning(engine, spec, toolboxBody(spec, spec.toolbox), signal);
    await stillRuns(engine, toolboxName(spec.lab), signal);
  },
};

const gateway: StartStep = {
  id: 'gateway',
  title: 'Open the way into the lab',
  after: ['nodes'],
  limit: 60_000,
  async run({ engine, spec, gatewayImage }, _detail, signal) {
    const name = gatewayName(spec.lab);
    await ensureCreated(engine, spec, gatewayBody(spec, await gatewayImage()), signal);
    await startContainer(engine, name, signal);
    // The same program does the dialling from pods: each node gets a copy.
    for (const node of nodeNames(spec)) {
      const program = (await engine.call(`read the gateway's program`, signal, (abortSignal) =>
        engine.docker.getContainer(name).getArchive({ path: '/gateway', abortSignal } as { path: string }),
      )) as Readable;
      await run(engine, node.container, ['mkdir', '-p', ours], { signal, privileged: true });
      await engine.call(`copy the gateway's program to ${node.container}`, signal, (abortSignal) =>
        engine.docker.getContainer(node.container).putArchive(program, { path: ours, abortSignal } as { path: string }),
      );
    }
  },
};

const images: StartStep = {
  id: 'images',
  title: 'Load the lab’s images into the nodes',
  after: ['nodes'],
  limit: 300_000,
  run: ({ engine, spec }, detail, signal) => loadImages(engine, nodeNames(spec), spec.images, detail, signal),
};

const plane: StartStep = {
  id: 'control-plane',
  title: 'Start the control plane',
  after: ['nodes'],
  limit: 240_000,
  run: (start, _detail, all) =>
    eachCluster(start, all, (cluster, signal) => initControlPlane(start.engine, start.spec, cluster, start.traits.cgroup, signal)),
};

const addons: StartStep = {
  id: 'pod-network',
  title: 'Connect pods and storage',
  after: ['nodes'],
  limit: 240_000,
  run: (start, _detail, all) => eachCluster(start, all, (cluster, signal) => installAddons(start.engine, start.spec, cluster, signal)),
};

const join: StartStep = {
  id: 'workers',
  title: 'Join the workers',
  after: ['control-plane'],
  limit: 240_000,
  run: (start, _detail, all) =>
    eachCluster(start, all, (cluster, signal) => joinWorkers(start.engine, start.spec, cluster, start.traits.cgroup, signal)),
};

const access: StartStep = {
  id: 'access',
  title: 'Issue certificates and rights',
  // Beside the end of kubeadm's work: the API server answers from here on.
  after: ['pod-network', 'toolbox'],
  limit: 120_000,
  async run(start, _detail, signal) {
    const { engine, spec } = start;
    const learners = await Promise.all(
      spec.clusters.map(async (cluster) => {
        await issueIdentities(engine, spec, cluster, signal);
        const node = controlPlane(spec, cluster);
        const read = await readAccess(engine, cluster.name, node.container, signal);
        if (!read)
          throw new ClusterError('step-failed', `The certificates of cluster ${cluster.name} were not found after they were issued.`);
        const admin = await start.admin(cluster.name, signal);
        await waitAdmin(admin, signal);
        await Promise.all([grantLearner(admin, signal), grantGrader(admin, signal), grantProber(admin, spec.proberRules, signal)]);
        return { name: cluster.name, hostname: node.hostname, learner: read.learner };
      }),
    );
    await giveKubeconfig(engine, spec, learnerKubeconfig(learners), signal);
  },
};

/** Writes the learner's kubeconfig into the toolbox. */
export async function giveKubeconfig(engine: Engine, spec: LabSpec, kubeconfig: string, signal: AbortSignal): Promise<void> {
  const script = 'umask 077 && mkdir -p ~/.kube && cat > ~/.kube/config.new && mv ~/.kube/config.new ~/.kube/config';
  const written = await run(engine, toolboxName(spec.lab), ['sh', '-c', script], { signal, user: '1000:1000', stdin: kubeconfig });
  if (written.code === 0) return;
  throw new ClusterError('step-failed', 'The kubeconfig could not be written into the learner’s home.', {
    command: `docker exec ${toolboxName(spec.lab)} ls -ld /home/learner`,
    output: written.stderr,
  });
}

const ready = (workers: boolean): StartStep => ({
  id: 'ready',
  title: 'Wait for the nodes to be ready',
  after: [workers ? 'workers' : 'control-plane', 'access', 'gateway'],
  limit: 180_000,
  run: (start, detail, all) =>
    eachCluster(start, all, async (cluster, signal) =>
      waitReady(await start.admin(cluster.name, signal), start.spec, cluster, detail, signal),
    ),
});

const prepare = (images: boolean): StartStep => ({
  id: 'setup',
  title: 'Set the scene',
  after: ['ready', ...(images ? ['images'] : [])],
  limit: 240_000,
  run: (start, detail, all) =>
    eachCluster(start, all, async (cluster, signal) => {
      const files = async () => {
        for (const file of cluster.setup) {
          detail(file.name);
          await applySetup(start.engine, start.spec, cluster, file, signal);
        }
      };
      await Promise.all([files(), waitNames(start.engine, start.spec, cluster, signal)]);
    }),
});

/** After the last step: from here on `open` offers the lab. */
export async function finish(start: Start, all: AbortSignal): Promise<void> {
  await eachCluster(start, all, (cluster, signal) => markComplete(start.engine, controlPlane(start.spec, cluster), signal));
}

async function eachCluster(
  { spec }: Start,
  signal: AbortSignal,
  run: (cluster: LabSpec['clusters'][number], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await together(signal, spec.clusters, run);
}

/** A container that ends at once is a fault of its image or settings; better told here than by a check later. */
export async function stillRuns(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  await pause(300, signal, `see ${name} run`);
  const container = engine.docker.getContainer(name);
  const { State } = await engine.call(`inspect ${name}`, signal, (abortSignal) => container.inspect({ abortSignal }));
  if (State.Running) return;
  const log = await engine.call(`read the log of ${name}`, signal, (abortSignal) =>
    container.logs({ stdout: true, stderr: true, tail: 20, abortSignal }),
  );
  const output = unframed(log);
  throw new ClusterError('step-failed', `${name} stopped at once (exit code ${State.ExitCode}).`, {
    command: `docker logs ${name}`,
    output,
    advice: adviceFor(output)?.advice ?? 'Its image or its settings are at fault.',
  });
}
