import type Dockerode from 'dockerode';
import { type Kube, kube } from '../kube.ts';
import { ClusterError, type ClusterProvider, type ExecPlace, type LabAccess, type LabRef, type LabSpec } from '../port.ts';
import { agents } from './agents.ts';
import { asLearner } from './as-learner.ts';
import { kindCaptures } from './captures.ts';
import { beginAgent, dialApi, granted, throughGateway } from './dial.ts';
import { diskOf } from './disk.ts';
import { type Engine, engineOf } from './engine.ts';
import { run, start } from './exec.ts';
import { engineTraits, hostFacts } from './facts.ts';
import { containersOf, findLabs, removeLab, watchContainers } from './find.ts';
import { headroomOf } from './headroom.ts';
import { readAccess } from './identities.ts';
import { checkSpec, controlPlane, label, toolboxName } from './names.ts';
import { conditionOf, pauseLab, resumeLab } from './pause.ts';
import { grantGrader, grantProber } from './roles.ts';
import { finish, type Start, startSteps } from './start.ts';
import { runSteps } from './steps.ts';
import { usageOf } from './usage.ts';

export interface KindOptions {
  docker: Dockerode;
  /** A reference of the engine to run nodes from; asked for at every start. */
  nodeImage: () => Promise<string>;
  gatewayImage: () => Promise<string>;
  /** Variables that every node gets, e.g. proxy settings. */
  nodeEnv?: Readonly<Record<string, string>>;
  /** Milliseconds an ordinary call of the engine may take. Default 30 s. */
  patience?: number;
}

/** Labs as kind clusters on one Docker engine. Keeps no state but open conversations: every answer is read from the engine. */
export function kindProvider(options: KindOptions): ClusterProvider {
  const engine = engineOf(options.docker, options.patience);
  const probers = agents(async (lab, place, signal) => {
    if (place.kind === 'network') return await beginAgent(engine, { kind: 'gateway', lab: await gatewayOf(engine, lab, signal) }, signal);
    const hostname = place.kind === 'node' ? place.hostname : place.node;
    const container = await containerOf(engine, lab, { kind: 'node', cluster: place.cluster, hostname }, signal);
    return await beginAgent(engine, { kind: 'node', container }, signal);
  });
  return {
    facts: (signal) => hostFacts(engine, signal),
    disk: (instance, signal) => diskOf(engine, instance, signal),
    headroom: (signal) => headroomOf(engine, signal),
    steps: (spec) => startSteps(spec).map(({ id, title }) => ({ id, title })),
    create: (spec, report, signal) => create(engine, options, spec, report, signal),
    captures: kindCaptures({
      engine,
      nodeImage: options.nodeImage,
      gatewayImage: options.gatewayImage,
      nodeEnv: options.nodeEnv ?? {},
      adminOf: (spec, cluster, signal) => adminOf(engine, spec, cluster, signal),
    }),
    open: (lab, signal) => open(engine, lab, signal),
    asLearner: (lab, signal) => asLearner(engine, lab, signal),
    usage: (lab, signal) => usageOf(engine, lab, signal),
    condition: (lab, signal) => conditionOf(engine, lab, signal),
    async pause(lab, signal) {
      probers.close(lab, 'The lab is being paused.');
      await pauseLab(engine, lab, signal);
    },
    resume: (lab, options, signal) => resumeLab(engine, lab, options, signal),
    find: (instance, signal) => findLabs(engine, instance, signal),
    async remove(lab, signal) {
      probers.close(lab);
      await removeLab(engine, lab, signal);
    },
    close: () => probers.close(),
    watch: (instance, signal) => watchContainers(engine, instance, signal),

    async dial(lab, target, signal) {
      if (target.kind === 'api') return await dialApi(engine, await planeOf(engine, lab, target.cluster, signal), signal);
      const request = ['dial', word(target.host), String(target.port), String(target.connectWithin ?? 2000)];
      return granted(await throughGateway(engine, await gatewayOf(engine, lab, signal), request, signal));
    },

    probe: (lab, from, probe, signal) => probers.probe(lab, from, probe, signal),

    async exec(lab, where, argv, { asRoot, ...more }) {
      const container = await containerOf(engine, lab, where, more.signal);
      if (where.kind === 'node') return await run(engine, container, argv, { ...more, privileged: true });
      return await run(engine, container, argv, { ...more, user: asRoot ? '0:0' : '1000:1000' });
    },

    async attach(lab, argv, signal) {
      return await start(engine, await containerOf(engine, lab, { kind: 'toolbox' }, signal), argv, { signal, user: '1000:1000' });
    },

    repairGraderRole: (lab, cluster, signal) => asAdmin(engine, lab, cluster, (admin) => grantGrader(admin, signal), signal),
    repairProberRole: (lab, cluster, rules, signal) => asAdmin(engine, lab, cluster, (admin) => grantProber(admin, rules, signal), signal),
  };
}

async function asAdmin(engine: Engine, lab: LabRef, cluster: string, work: (admin: Kube) => Promise<void>, signal: AbortSignal) {
  const container = await planeOf(engine, lab, cluster, signal);
  const access = await readAccess(engine, cluster, container, signal);
  if (!access) throw new ClusterError('gone', `Cluster ${cluster} has no certificates yet.`);
  const admin = kube({ connect: (limit) => dialApi(engine, container, limit), credentials: access.admin });
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}

const cleanUpLimit = 180_000;

async function create(
  engine: Engine,
  options: KindOptions,
  spec: LabSpec,
  report: Parameters<ClusterProvider['create']>[1],
  signal: AbortSignal,
): Promise<LabAccess> {
  checkSpec(spec);
  const clients = new Map<string, Promise<Kube>>();
  try {
    const context: Start = {
      engine,
      spec,
      traits: await engineTraits(engine, signal),
      nodeImage: options.nodeImage,
      gatewayImage: options.gatewayImage,
      nodeEnv: options.nodeEnv ?? {},
      admin(cluster, limit) {
        const client = clients.get(cluster) ?? adminOf(engine, spec, cluster, limit);
        clients.set(cluster, client);
        return client;
      },
    };
    await runSteps(startSteps(spec), context, report, signal);
    await finish(context, signal);
    const lab = await open(engine, spec, signal);
    if (lab) return lab;
    throw new ClusterError('gone', 'A part of the lab stopped while it was being made.', {
      command: `docker ps -a --filter label=${label.lab}=${spec.lab}`,
    });
  } catch (error) {
    // What was made is removed even when the caller has stopped waiting for it.
    await removeLab(engine, spec, AbortSignal.timeout(cleanUpLimit)).catch((left: unknown) => noteLeftovers(error, left));
    throw error;
  } finally {
    await Promise.allSettled([...clients.values()].map(async (client) => (await client).close()));
  }
}

async function adminOf(engine: Engine, spec: LabSpec, cluster: string, signal: AbortSignal): Promise<Kube> {
  const wanted = spec.clusters.find(({ name }) => name === cluster);
  const container = wanted ? controlPlane(spec, wanted).container : '';
  const access = await readAccess(engine, cluster, container, signal);
  if (!access) throw new ClusterError('gone', `Cluster ${cluster} has no certificates yet.`);
  return kube({ connect: (limit) => dialApi(engine, container, limit), credentials: access.admin });
}

function noteLeftovers(error: unknown, left: unknown): void {
  if (error instanceof ClusterError && left instanceof ClusterError) {
    throw new ClusterError(error.code, `${error.message} Some of what was made could not be removed.`, {
      step: error.step,
      command: error.command,
      output: [error.output, left.message, left.output].filter(Boolean).join('\n'),
      advice: error.advice ?? left.advice,
      cause: error,
    });
  }
}

/** Reads a lab back from its labels and its control planes. */
async function open(engine: Engine, lab: LabRef, signal: AbortSignal): Promise<LabAccess | null> {
  const containers = await containersOf(engine, lab, signal);
  const running = containers.filter((container) => container.State === 'running');
  const names = new Set(running.map(nameOf));
  const whole = running.map((container) => container.Labels[label.whole]).find((list) => list !== undefined);
  if (whole === undefined || !whole.split(',').every((name) => names.has(name))) return null;
  const nodes = running
    .filter((container) => container.Labels[label.part] === 'node')
    .map((container) => ({
      cluster: container.Labels[label.cluster] ?? '',
      hostname: container.Labels[label.hostname] ?? '',
      container: nameOf(container),
      role: container.Labels[label.kindRole] === 'worker' ? ('worker' as const) : ('control-plane' as const),
    }))
    .sort((a, b) => whole.indexOf(a.container) - whole.indexOf(b.container));
  const planes = nodes.filter((node) => node.role === 'control-plane');
  const found = await Promise.all(planes.map((node) => readAccess(engine, node.cluster, node.container, signal)));
  const clusters = found.flatMap((access) => {
    if (!access?.isComplete) return [];
    const { name, kubernetesVersion, admin, grader, prober } = access;
    return [{ name, kubernetesVersion, admin, grader, prober }];
  });
  if (clusters.length !== planes.length) return null;
  const { instance, lab: id, epoch } = lab;
  return { ref: { instance, lab: id, epoch }, clusters, nodes };
}

async function parts(engine: Engine, lab: LabRef, signal: AbortSignal) {
  return await containersOf(engine, { instance: lab.instance, lab: lab.lab, epoch: lab.epoch }, signal);
}

async function planeOf(engine: Engine, lab: LabRef, cluster: string, signal: AbortSignal): Promise<string> {
  const found = (await parts(engine, lab, signal)).find(
    (container) => container.Labels[label.cluster] === cluster && container.Labels[label.kindRole] === 'control-plane',
  );
  if (!found) throw new ClusterError('gone', `This lab has no cluster ${cluster}.`);
  return nameOf(found);
}

/** The lab's id, once its gateway is known to be this epoch's. */
async function gatewayOf(engine: Engine, lab: LabRef, signal: AbortSignal): Promise<string> {
  const isThere = (await parts(engine, lab, signal)).some((container) => container.Labels[label.part] === 'gateway');
  if (!isThere) throw new ClusterError('gone', 'This lab has no gateway.');
  return lab.lab;
}

async function containerOf(engine: Engine, lab: LabRef, where: ExecPlace, signal: AbortSignal): Promise<string> {
  const found = (await parts(engine, lab, signal)).find(({ Labels }) =>
    where.kind === 'toolbox'
      ? Labels[label.part] === 'toolbox'
      : Labels[label.cluster] === where.cluster && Labels[label.hostname] === where.hostname,
  );
  if (!found)
    throw new ClusterError(
      'gone',
      where.kind === 'toolbox' ? `The toolbox ${toolboxName(lab.lab)} is gone.` : `The node ${where.hostname} is gone.`,
    );
  return nameOf(found);
}

function nameOf(container: { Names: string[] }): string {
  return (container.Names[0] ?? '').replace(/^\//, '');
}

/** Names and addresses travel in one line: nothing else may be in them. */
function word(text: string): string {
  if (/^[A-Za-z0-9._:-]{1,253}$/.test(text) && !text.startsWith('-')) return text;
  throw new ClusterError('no-name', `${JSON.stringify(text.slice(0, 80))} is not a name or address.`);
}
