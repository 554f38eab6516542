import { dirname } from 'node:path/posix';
import { type Capture, ClusterError } from '../port.ts';
import type { Engine } from './engine.ts';
import { engineStatus } from './failures.ts';
import { captureVolume, label } from './names.ts';

/** On the volume that is made last: what `list` answers. */
const about = { bytes: 'slipway.capture.bytes', createdAt: 'slipway.capture.created-at' } as const;

const whole = 'whole';

async function volumesOf(engine: Engine, instance: string, key: string | undefined, signal: AbortSignal) {
  const filter = [`${label.instance}=${instance}`, key === undefined ? label.capture : `${label.capture}=${key}`];
  const listed = await engine.call('list captures', signal, (abortSignal) =>
    engine.docker.listVolumes({ filters: { label: filter }, abortSignal }),
  );
  return listed.Volumes ?? [];
}

export async function listCaptures(engine: Engine, instance: string, signal: AbortSignal): Promise<Capture[]> {
  const volumes = await volumesOf(engine, instance, undefined, signal);
  return volumes.filter(isMark).map(({ Labels }) => ({
    key: Labels[label.capture] ?? '',
    bytes: Number(Labels[about.bytes] ?? 0),
    createdAt: Labels[about.createdAt] ?? '',
  }));
}

/** One taking of a capture. */
export interface Taken {
  instance: string;
  key: string;
  taking: string;
}

export function captureLabels({ instance, key, taking }: Taken, part: string): Record<string, string> {
  return { [label.instance]: instance, [label.capture]: key, [label.taking]: taking, [label.part]: part };
}

const volumeName = ({ instance, key, taking }: Taken, part: string) => captureVolume(instance, key, taking, part);

/** Makes an empty volume for a part of a capture. Answers its name, and the folder in which the engine keeps its volumes. */
export async function shelve(engine: Engine, taken: Taken, part: string, signal: AbortSignal): Promise<{ name: string; root: string }> {
  const name = volumeName(taken, part);
  await makeVolume(engine, name, captureLabels(taken, part), signal);
  const { Mountpoint } = await engine.call(`inspect volume ${name}`, signal, (abortSignal) =>
    engine.docker.getVolume(name).inspect({ abortSignal }),
  );
  return { name, root: dirname(dirname(Mountpoint)) };
}

/** Makes a volume, or finds it there. */
export async function makeVolume(engine: Engine, name: string, labels: Record<string, string>, signal: AbortSignal): Promise<void> {
  await engine.make(`make volume ${name}`, signal, (abortSignal) =>
    engine.docker.createVolume({ Name: name, Labels: labels, abortSignal }),
  );
}

/** Says that a capture is whole: from here on `list` has it. */
export async function markWhole(engine: Engine, taken: Taken, bytes: number, signal: AbortSignal): Promise<Capture> {
  const createdAt = new Date().toISOString();
  const labels = { ...captureLabels(taken, whole), [about.bytes]: String(bytes), [about.createdAt]: createdAt };
  await makeVolume(engine, volumeName(taken, whole), labels, signal);
  return { key: taken.key, bytes, createdAt };
}

/** The taking of a capture that is whole; throws `no-capture` when there is none. */
export async function needWhole(engine: Engine, instance: string, key: string, signal: AbortSignal): Promise<Taken> {
  const volumes = await volumesOf(engine, instance, key, signal);
  const mark = volumes.find(isMark);
  if (mark) return { instance, key, taking: mark.Labels[label.taking] ?? '' };
  throw new ClusterError('no-capture', 'There is no capture of this lab.', {
    command: `docker volume ls --filter label=${label.capture}=${key}`,
  });
}

/** Removes a capture, first what says that it is whole. What labs made from it still need is left until the last of them is removed. */
export async function removeCapture(engine: Engine, instance: string, key: string, signal: AbortSignal): Promise<void> {
  const volumes = await volumesOf(engine, instance, key, signal);
  for (const { Name } of [...volumes.filter(isMark), ...volumes.filter((volume) => !isMark(volume))]) {
    await removeUnused(engine, Name, signal);
  }
}

/** After a lab made from captured nodes is gone: removes of those volumes what belongs to no capture any more. */
export async function removeOrphans(engine: Engine, instance: string, names: readonly string[], signal: AbortSignal): Promise<void> {
  const volumes = await volumesOf(engine, instance, undefined, signal);
  const standing = new Set(volumes.filter(isMark).map(({ Labels }) => Labels[label.taking]));
  for (const { Name, Labels } of volumes) {
    if (names.includes(Name) && !standing.has(Labels[label.taking])) await removeUnused(engine, Name, signal);
  }
}

const isMark = ({ Labels }: { Labels: Readonly<Record<string, string>> }) => Labels[label.part] === whole;

async function removeUnused(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  try {
    await engine.call(`remove volume ${name}`, signal, (abortSignal) => engine.docker.getVolume(name).remove({ abortSignal }), 4);
  } catch (error) {
    const status = engineStatus(error);
    if (status !== 404 && status !== 409) throw error;
  }
}
