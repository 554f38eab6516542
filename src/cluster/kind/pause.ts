import { kube } from '../kube.ts';
import { type ClientCredentials, ClusterError, type LabCondition, type LabRef, type ResumeOptions } from '../port.ts';
import { dialApi } from './dial.ts';
import { type Engine, pause as wait } from './engine.ts';
import { engineStatus, messageOf } from './failures.ts';
import { containersOf } from './find.ts';
import { readAccess } from './identities.ts';
import { label } from './names.ts';
import { nodesReady } from './ready.ts';

type Found = Awaited<ReturnType<typeof containersOf>>[number];

const pauseLimit = 60_000;
const readyLimit = 45_000;
/** A node that was away for longer loses its readiness, but only after it is back: what is read in its first moments is from before. */
const graceOfNodes = 30_000;
const secondThoughts = 2_500;

/** Whether all that a whole lab has is there, and whether it runs. */
export async function conditionOf(engine: Engine, lab: LabRef, signal: AbortSignal): Promise<LabCondition> {
  const containers = await partsOf(engine, lab, signal);
  const whole = containers.map((container) => container.Labels[label.whole]).find((list) => list !== undefined);
  const states = new Map(containers.map((container) => [nameOf(container), container.State]));
  const wanted = whole?.split(',').map((name) => states.get(name)) ?? [];
  if (wanted.length === 0 || wanted.some((state) => state !== 'running' && state !== 'paused')) return 'gone';
  const paused = wanted.filter((state) => state === 'paused').length;
  return paused === 0 ? 'running' : paused === wanted.length ? 'paused' : 'mixed';
}

/** Freezes what asks before what answers, so that nobody meets a frozen one: shell, nodes, outside containers, gateway. */
export async function pauseLab(engine: Engine, lab: LabRef, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(pauseLimit)]);
  for (const group of inOrder(await partsOf(engine, lab, limit))) {
    await Promise.all(group.map((container) => bring(engine, container, 'paused', limit)));
  }
}

/**
 * The other way round, and then waits, for a while, until every API server answers and every node takes pods. What was broken
 * before the pause is broken after it, and is only told.
 */
export async function resumeLab(
  engine: Engine,
  lab: LabRef,
  { pausedFor, report, access }: ResumeOptions,
  signal: AbortSignal,
): Promise<{ missing: readonly string[] }> {
  const holding = pausedFor < graceOfNodes ? 0 : secondThoughts;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(pauseLimit)]);
  const containers = await partsOf(engine, lab, limit);
  for (const group of inOrder(containers).reverse()) {
    await Promise.all(group.map((container) => bring(engine, container, 'running', limit)));
  }
  const nodes = containers.filter(({ Labels }) => Labels[label.part] === 'node');
  const missing = await Promise.all(
    nodes
      .filter(({ Labels }) => Labels[label.kindRole] === 'control-plane')
      .map(async (plane) => {
        const cluster = plane.Labels[label.cluster] ?? '';
        const hostnames = nodes.filter(({ Labels }) => Labels[label.cluster] === cluster).map(({ Labels }) => Labels[label.hostname] ?? '');
        const known = access?.clusters.find(({ name }) => name === cluster)?.admin;
        return await missingOf(engine, { cluster, plane: nameOf(plane), hostnames, holding, known }, report, signal);
      }),
  );
  return { missing: missing.filter((each) => each !== null) };
}

async function missingOf(
  engine: Engine,
  where: { cluster: string; plane: string; hostnames: readonly string[]; holding: number; known: ClientCredentials | undefined },
  report: (detail: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const { cluster, plane, hostnames, holding, known } = where;
  const credentials = known ?? (await readAccess(engine, cluster, plane, signal))?.admin;
  if (!credentials) throw new ClusterError('gone', `Cluster ${cluster} has no certificates.`);
  const admin = kube({ connect: (limit) => dialApi(engine, plane, limit), credentials });
  try {
    await nodesReady(admin, hostnames, { cluster, plane, holding }, report, AbortSignal.any([signal, AbortSignal.timeout(readyLimit)]));
    return null;
  } catch (error) {
    if (signal.aborted || !(error instanceof ClusterError) || error.code !== 'deadline') throw error;
    return error.message;
  } finally {
    await admin.close();
  }
}

/**
 * Brings a container from running to paused or back, however often it is asked: an engine was seen to answer "not paused"
 * right after a good pause, so what it says is believed only when a second look agrees.
 */
async function bring(engine: Engine, container: Found, to: 'paused' | 'running', signal: AbortSignal): Promise<void> {
  const name = nameOf(container);
  const one = engine.docker.getContainer(container.Id);
  const what = `${to === 'paused' ? 'pause' : 'unpause'} ${name}`;
  let refused: unknown;
  for (let delay = 25; ; delay = Math.min(delay * 2, 1_000)) {
    // The list from which it comes is a look of a moment ago.
    if (delay > 25 || container.State !== (to === 'paused' ? 'running' : 'paused')) {
      const state = await engine.call(`inspect ${name}`, signal, (abortSignal) => one.inspect({ abortSignal })).catch(goneIf404(name));
      const { Running, Paused, Restarting } = state.State;
      if (Running && !Restarting && Paused === (to === 'paused')) return;
      if (!Running && !Restarting) throw new ClusterError('gone', `${name} is ${state.State.Status}.`, { command: `docker logs ${name}` });
    }
    if (delay > 25) await wait(delay, signal, what).catch(withReason(refused));
    try {
      await engine.make(what, signal, (abortSignal) => (to === 'paused' ? one.pause({ abortSignal }) : one.unpause({ abortSignal })));
      return;
    } catch (error) {
      const status = engineStatus(error);
      if (status !== 409 && status !== 500) throw goneIf404(name)(error);
      refused = error;
    }
  }
}

function goneIf404(name: string) {
  return (error: unknown): never => {
    throw engineStatus(error) === 404 ? new ClusterError('gone', `${name} is gone.`, { cause: error }) : error;
  };
}

function withReason(refused: unknown) {
  return (error: unknown): never => {
    throw error instanceof ClusterError && refused
      ? new ClusterError(error.code, error.message, { output: messageOf(refused), cause: refused })
      : error;
  };
}

/** Groups in the order in which they are paused. A helper of ours is not part of the lab. */
function inOrder(containers: readonly Found[]): Found[][] {
  const groups: Found[][] = [[], [], [], []];
  for (const container of containers) {
    const part = container.Labels[label.part];
    if (part === 'helper') continue;
    groups[part === 'toolbox' ? 0 : part === 'node' ? 1 : part === 'gateway' ? 3 : 2]?.push(container);
  }
  return groups;
}

const partsOf = (engine: Engine, { instance, lab, epoch }: LabRef, signal: AbortSignal) =>
  containersOf(engine, { instance, lab, epoch }, signal);

function nameOf(container: { Names: string[] }): string {
  return (container.Names[0] ?? '').replace(/^\//, '');
}
