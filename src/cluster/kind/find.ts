import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { ClusterError, type ContainerEvent, type FoundLab } from '../port.ts';
import { removeOrphans } from './capture-store.ts';
import { type Engine, throwIfAborted } from './engine.ts';
import { engineFailure, engineStatus } from './failures.ts';
import { label, labelFilter } from './names.ts';
import { labelledNetworks } from './network.ts';
import { thaw } from './thaw.ts';

export interface Scope {
  instance: string;
  lab?: string;
  epoch?: number;
}

export async function containersOf(engine: Engine, scope: Scope, signal: AbortSignal) {
  return await engine.call('list containers', signal, (abortSignal) =>
    engine.docker.listContainers({ all: true, filters: { label: labelFilter(scope) }, abortSignal }),
  );
}

async function volumesOf(engine: Engine, scope: Scope, signal: AbortSignal) {
  const listed = await engine.call('list volumes', signal, (abortSignal) =>
    engine.docker.listVolumes({ filters: { label: labelFilter(scope) }, abortSignal }),
  );
  return listed.Volumes ?? [];
}

/** Everything of the instance, by lab and epoch. */
export async function findLabs(engine: Engine, instance: string, signal: AbortSignal): Promise<FoundLab[]> {
  const [containers, networks, volumes] = await Promise.all([
    containersOf(engine, { instance }, signal),
    labelledNetworks(engine, { instance }, signal),
    volumesOf(engine, { instance }, signal),
  ]);
  const labs = new Map<
    string,
    { lab: string; epoch: number; containers: FoundLab['containers'][number][]; networks: string[]; volumes: string[] }
  >();
  const at = (labels: Readonly<Record<string, string>> | undefined) => {
    const lab = labels?.[label.lab] ?? '';
    const epoch = Number(labels?.[label.epoch] ?? 0);
    const key = `${lab}/${epoch}`;
    const found = labs.get(key) ?? { lab, epoch, containers: [], networks: [], volumes: [] };
    labs.set(key, found);
    return found;
  };
  const ofLabs = <T extends { Labels?: Readonly<Record<string, string>> | null }>(objects: readonly T[]) =>
    objects.filter(({ Labels }) => Labels?.[label.capture] === undefined);
  for (const container of ofLabs(containers)) {
    at(container.Labels).containers.push({
      id: container.Id,
      name: (container.Names[0] ?? '').replace(/^\//, ''),
      part: container.Labels[label.part] ?? '',
      state: stateOf(container.State),
    });
  }
  for (const network of networks) at(network.Labels).networks.push(network.Name);
  for (const volume of ofLabs(volumes)) at(volume.Labels).volumes.push(volume.Name);
  return [...labs.values()];
}

function stateOf(state: string): FoundLab['containers'][number]['state'] {
  if (state === 'created' || state === 'paused' || state === 'exited' || state === 'dead') return state;
  return state === 'removing' ? 'dead' : 'running';
}

const removeLimit = 150_000;

/** Removes containers with their anonymous volumes, then named volumes and networks; what is gone already is no fault. */
export async function removeLab(engine: Engine, scope: Scope, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(removeLimit)]);
  const containers = await containersOf(engine, scope, limit);
  await allOf(containers.map((container) => removeContainer(engine, container, limit)));
  const [networks, volumes] = await Promise.all([labelledNetworks(engine, scope, limit), volumesOf(engine, scope, limit)]);
  await allOf([
    ...networks.map(({ Id, Name }) =>
      insist(limit, () =>
        engine.call(`remove network ${Name}`, limit, (abortSignal) => engine.docker.getNetwork(Id).remove({ abortSignal })),
      ),
    ),
    ...volumes.map(({ Name }) =>
      insist(limit, () =>
        engine.call(`remove volume ${Name}`, limit, (abortSignal) => engine.docker.getVolume(Name).remove({ abortSignal })),
      ),
    ),
  ]);
  const others = containers.flatMap(capturesOf);
  if (others.length > 0) await removeOrphans(engine, scope.instance, others, limit);
}

/** Volumes of captures that a container sees. */
function capturesOf({ Mounts }: { Mounts?: readonly { Name?: string | undefined }[] }): string[] {
  return (Mounts ?? []).flatMap(({ Name }) => (Name?.startsWith('slipway-capture-') ? [Name] : []));
}

async function removeContainer(
  engine: Engine,
  { Id: id, ImageID: image, Labels: labels }: { Id: string; ImageID: string; Labels: Record<string, string> },
  signal: AbortSignal,
): Promise<void> {
  const container = engine.docker.getContainer(id);
  const what = `remove container ${id.slice(0, 12)}`;
  const gone = insist(signal, () => engine.call(what, signal, (abortSignal) => container.remove({ force: true, v: true, abortSignal }), 4));
  if (labels[label.part] !== 'node') return await gone;
  const isOver = gone.then(
    () => true,
    () => true,
  );
  let mending: unknown;
  while (!(await Promise.race([isOver, wait(engine.patience / 8, false)]))) {
    // Time for a kill to work has passed. A slow engine is left to its work; a container that runs on after its kill is not.
    mending = await thawIfRunning(engine, { id, image, labels }, signal).catch((error: unknown) => error);
  }
  await gone.catch((error: unknown) => {
    throw mending instanceof Error && error instanceof ClusterError
      ? new ClusterError(error.code, error.message, { ...error, output: `${error.output ?? ''}\n${mending.message}`, cause: error })
      : error;
  });
}

async function thawIfRunning(engine: Engine, container: Parameters<typeof thaw>[1], signal: AbortSignal): Promise<void> {
  try {
    const state = await engine.call(`inspect ${container.id}`, signal, (abortSignal) =>
      engine.docker.getContainer(container.id).inspect({ abortSignal }),
    );
    if (state.State.Running) await thaw(engine, container, signal);
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
}

/** Waits for every removal: one that fails does not keep the others from being done. */
async function allOf(removals: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(removals);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Tries again while the engine says that something is in use or already on its way out. */
async function insist(signal: AbortSignal, remove: () => Promise<unknown>): Promise<void> {
  for (let delay = 50; ; delay = Math.min(delay * 2, 1000)) {
    try {
      await remove();
      return;
    } catch (error) {
      const status = engineStatus(error);
      if (status === 404) return;
      const isBusy = status === 409 || status === 403 || status === 500 || (error instanceof ClusterError && error.code === 'deadline');
      if (!isBusy || signal.aborted) throw error;
    }
    await wait(delay);
  }
}

const actions = ['start', 'die', 'oom', 'destroy', 'pause', 'unpause'] as const;
const EngineEvent = z.object({
  Action: z.enum(actions),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});

/** Events of the instance's containers from the moment of the call. */
export async function* watchContainers(engine: Engine, instance: string, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  const filters = JSON.stringify({ type: ['container'], event: actions, label: labelFilter({ instance }) });
  const stream = (await engine.call('follow events', signal, (abortSignal) =>
    engine.docker.getEvents({ filters, abortSignal }),
  )) as Readable;
  const stop = () => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let rest = '';
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = line.trim() === '' ? null : EngineEvent.safeParse(JSON.parse(line));
        if (event?.success) yield containerEvent(event.data);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw engineFailure(error, 'go on telling events');
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (!signal.aborted)
    throwIfAborted(
      AbortSignal.abort(engineFailure(Object.assign(new Error('the event stream ended'), { code: 'ECONNRESET' }), 'go on telling events')),
      'follow events',
    );
}

function containerEvent({ Action, Actor, timeNano }: z.infer<typeof EngineEvent>): ContainerEvent {
  const labels = Actor.Attributes;
  return {
    lab: labels[label.lab] ?? '',
    epoch: Number(labels[label.epoch] ?? 0),
    part: labels[label.part] ?? '',
    action: Action,
    at: new Date(timeNano / 1e6),
  };
}
