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
import { waitNames } from './ready.ts';
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
  run: (context, detail, signal) => step.run({ ...context, admin: () => Promise.reject(new TypeError('no cluster yet')) }, detail, signal),
});

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
    const start = { ...context, admin: () => Promise.reject(new TypeError('no cluster yet')) };
    await cloneNodes(start, { taken: context.taken, image, nodes: all.flatMap((each) => each.nodes), files }, signal);
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
      const version = await whileRunning(context.engine, plane.container, signal, (stop) => answered(admin, '/version', stop));
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
      await answered(admin, '/api/v1/namespaces/kube-system', signal);
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

/** Asks until the API server gives it. */
async function answered(admin: Kube, path: string, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const answer = await admin.get(path, { signal }).catch((error: unknown) => {
      if (signal.aborted || !(error instanceof ClusterError)) throw error;
      return null;
    });
    if (answer?.status === 200) return answer.body;
    await pause(50, signal, 'see the API server answer');
  }
}

const ready: RestoreStep = {
  id: 'ready',
  title: 'Wait for the nodes to be ready',
  after: ['control-plane', 'access', 'gateway'],
  limit: 120_000,
  run: (context, detail, all) =>
    eachCluster(context, all, async (_cluster, { admin, nodes: wanted }, signal) => {
      if (!admin) throw new TypeError('a cluster is waited for that has not been woken');
      let missing = '';
      for (;;) {
        const now = await notHeard(admin, wanted, signal);
        if (now === null) return;
        if (now !== missing) detail(`waiting for ${now}`);
        missing = now;
        await pause(50, signal, `see ${now}`);
      }
    }),
};

const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ taints: z.array(z.object({ key: z.string() })).default([]) }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().nullish() })).default([]),
      }),
    }),
  ),
});

/** The first node whose kubelet has not said since its start that it is ready, or that takes no pods. */
async function notHeard(admin: Kube, wanted: readonly PlacedNode[], signal: AbortSignal): Promise<string | null> {
  const { status, body } = await admin.get('/api/v1/nodes', { signal });
  if (status !== 200) return 'the API server to answer';
  const { items } = Nodes.parse(body);
  for (const { hostname } of wanted) {
    const node = items.find(({ metadata }) => metadata.name === hostname);
    const condition = node?.status.conditions.find(({ type }) => type === 'Ready');
    if (condition?.status !== 'True' || condition.lastHeartbeatTime === unheard) return `node ${hostname}`;
    if (node?.spec.taints.some(({ key }) => away.has(key))) return `node ${hostname} to take pods`;
  }
  const account = await admin.get('/api/v1/namespaces/default/serviceaccounts/default', { signal });
  return account.status === 200 ? null : 'the default service account';
}
const away = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

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
