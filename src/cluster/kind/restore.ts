import { z } from 'zod';
import { type Kube, kube } from '../kube.ts';
import { type ClusterAccess, ClusterError, type ClusterSpec, type LabSpec } from '../port.ts';
import type { Taken } from './capture-store.ts';
import { cloneNodes } from './clone.ts';
import { ensureRunning, gatewayBody } from './containers.ts';
import { ours } from './control-plane.ts';
import { publishedPort, tcp } from './dial.ts';
import { type Engine, pause } from './engine.ts';
import { learnerKubeconfig } from './identities.ts';
import { tellAuthority } from './mend.ts';
import { controlPlane, nodeNames } from './names.ts';
import { addressIn, ensureNetwork } from './network.ts';
import { inNode } from './nodes.ts';
import { clusterSecrets, type PlacedNode } from './pki.ts';
import { unheard } from './quiesce.ts';
import { answered, nodesReady, waitNames } from './ready.ts';
import { giveKubeconfig, outside, type Start, stillRuns, toolbox } from './start.ts';
import type { Step } from './steps.ts';
import { together } from './together.ts';
import { wakeFiles } from './wake.ts';

/** What the steps of making a lab from a capture share. */
export interface Restore extends Omit<Start, 'admin'> {
  taken: Taken;
  made: Map<string, Made>;
}

/** A cluster on its way. */
interface Made {
  nodes: readonly PlacedNode[];
  plane: PlacedNode;
  secrets: ReturnType<typeof clusterSecrets>;
  admin?: Kube;
  version?: string;
}

type RestoreStep = Step<Restore>;

/** The steps of making a lab from a capture, in the order a progress display shows them. */
export function restoreSteps(spec: LabSpec): RestoreStep[] {
  const setup = spec.clusters.some((cluster) => cluster.setup.length > 0);
  return [
    network,
    nodes,
    ...(spec.containers.length > 0 ? [beside(outside)] : []),
    beside(toolbox),
    gateway,
    access,
    wake,
    authority,
    ready,
    ...(setup ? [scene] : []),
  ];
}

/** A step of the cold way that needs nothing of the cluster. */
const beside = (step: Step<Start>): RestoreStep => ({
  ...step,
  run: (context, detail, signal) => step.run(withoutAdmin(context), detail, signal),
});

const withoutAdmin = (context: Restore): Start => ({ ...context, admin: () => Promise.reject(new TypeError('no cluster yet')) });

const network: RestoreStep = {
  id: 'network',
  title: 'Make the lab’s network',
  after: [],
  limit: 30_000,
  async run({ engine, spec, made }, _detail, signal) {
    const subnet = await ensureNetwork(engine, spec, signal);
    const placed = nodeNames(spec).map((node, index) => ({ ...node, address: addressIn(subnet, index) }));
    for (const cluster of spec.clusters) {
      const mine = placed.filter((node) => node.cluster === cluster.name);
      const [plane] = mine;
      if (!plane) throw new ClusterError('step-failed', `Cluster ${cluster.name} has no node.`);
      made.set(cluster.name, { nodes: mine, plane, secrets: clusterSecrets(mine, plane, firstService(cluster.serviceSubnet)) });
    }
  },
};

/** The API server's own address among the Services. */
function firstService(subnet: string): string {
  const [address = ''] = subnet.split('/');
  return address.replace(/\d+$/, (last) => String(Number(last) + 1));
}

const nodes: RestoreStep = {
  id: 'nodes',
  title: 'Boot the nodes',
  after: ['network'],
  limit: 120_000,
  async run(context, _detail, signal) {
    const all = [...context.made.values()];
    const files = new Map(
      all.flatMap(({ secrets, plane, nodes: mine }) =>
        mine.map((node) => [node.hostname, [...(secrets.files.get(node.hostname) ?? []), ...wakeFiles(node, plane)]]),
      ),
    );
    const image = await context.nodeImage();
    await cloneNodes(withoutAdmin(context), { taken: context.taken, image, nodes: all.flatMap((each) => each.nodes), files }, signal);
  },
};

const gateway: RestoreStep = {
  id: 'gateway',
  title: 'Open the way into the lab',
  after: ['network'],
  limit: 60_000,
  async run({ engine, spec, gatewayImage }, _detail, signal) {
    await ensureRunning(engine, spec, gatewayBody(spec, await gatewayImage()), signal);
  },
};

const access: RestoreStep = {
  id: 'access',
  title: 'Issue certificates and rights',
  after: ['toolbox'],
  limit: 60_000,
  async run({ engine, spec, made }, _detail, signal) {
    const learners = [...made].map(([name, { plane, secrets }]) => ({ name, hostname: plane.hostname, learner: secrets.learner }));
    await giveKubeconfig(engine, spec, learnerKubeconfig(learners), signal);
  },
};

const awake = { every: 50, what: 'see the API server answer' };

const Version = z.object({ gitVersion: z.string() });

const wake: RestoreStep = {
  id: 'control-plane',
  title: 'Wake the control plane',
  after: ['nodes'],
  limit: 120_000,
  run: (context, _detail, all) =>
    eachCluster(context, all, async (_cluster, made, signal) => {
      const { plane, secrets } = made;
      const { port } = await publishedPort(context.engine, plane.container, 6443, signal);
      const admin = kube({ connect: (limit) => tcp(port, plane.container, limit), credentials: secrets.admin });
      made.admin = admin;
      const version = await whileRunning(context.engine, plane.container, signal, (stop) => answered(admin, '/version', awake, stop));
      made.version = Version.parse(version).gitVersion;
    }),
};

const authority: RestoreStep = {
  id: 'authority',
  title: 'Tell the cluster of its own certificates',
  after: ['control-plane'],
  limit: 60_000,
  run: (context, _detail, all) =>
    eachCluster(context, all, async (_cluster, { admin, secrets, plane }, signal) => {
      if (!admin) throw new TypeError('a cluster is told that has not been woken');
      await answered(admin, '/api/v1/namespaces/kube-system', awake, signal);
      await tellAuthority(admin, { ca: secrets.ca, bootstrapToken: secrets.bootstrapToken, plane }, signal);
    }),
};

/** Gives up early when the container ends: nothing will answer then. */
async function whileRunning<T>(engine: Engine, name: string, signal: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const watch = async (): Promise<never> => {
    for (;;) {
      await pause(500, stop, `see ${name} run`);
      await stillRuns(engine, name, stop);
    }
  };
  try {
    return await Promise.race([work(stop), watch()]);
  } finally {
    over.abort();
  }
}

const ready: RestoreStep = {
  id: 'ready',
  title: 'Wait for the nodes to be ready',
  after: ['control-plane', 'access', 'gateway'],
  limit: 120_000,
  run: (context, detail, all) =>
    eachCluster(context, all, async (cluster, { admin, nodes: wanted, plane }, signal) => {
      if (!admin) throw new TypeError('a cluster is waited for that has not been woken');
      const hostnames = wanted.map(({ hostname }) => hostname);
      await nodesReady(admin, hostnames, { cluster: cluster.name, plane: plane.container, every: 50, unheard }, detail, signal);
    }),
};

const ReadyPods = z.array(z.string());
const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});

const scene: RestoreStep = {
  id: 'setup',
  title: 'Set the scene',
  after: ['ready', 'authority'],
  limit: 180_000,
  run: (context, detail, all) =>
    eachCluster(context, all, async (cluster, { admin }, signal) => {
      if (!admin) throw new TypeError('a cluster is waited for that has not been woken');
      const pods = async () => {
        const list = await inNode(context.engine, controlPlane(context.spec, cluster), ['cat', `${ours}/ready-pods.json`], signal);
        const wanted = ReadyPods.parse(JSON.parse(list));
        let said = '';
        for (;;) {
          const { items } = Pods.parse((await admin.get('/api/v1/pods', { signal })).body);
          const up = new Set(items.filter(({ status }) => isReady(status)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
          const missing = wanted.filter((name) => !up.has(name));
          if (missing.length === 0) return;
          if (said !== missing[0]) detail(`waiting for ${missing[0]}`);
          said = missing[0] ?? '';
          await pause(100, signal, `see ${missing.join(', ')} run`);
        }
      };
      await Promise.all([pods(), waitNames(context.engine, context.spec, cluster, signal)]);
    }),
};
const isReady = (status: z.infer<typeof Pods>['items'][number]['status']) =>
  status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Who may enter the clusters that were made. */
export function accessOf({ made }: Restore): ClusterAccess[] {
  return [...made].map(([name, { secrets, version }]) => {
    const { admin, grader, prober } = secrets;
    return { name, kubernetesVersion: version ?? '', admin, grader, prober };
  });
}

async function eachCluster(
  { spec, made }: Restore,
  signal: AbortSignal,
  run: (cluster: ClusterSpec, made: Made, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await together(signal, spec.clusters, async (cluster, stop) => {
    const one = made.get(cluster.name);
    if (!one) throw new TypeError(`cluster ${cluster.name} was not begun`);
    await run(cluster, one, stop);
  });
}
