import { createHash } from 'node:crypto';
import { ClusterError, type LabSpec } from '#cluster/port.ts';
import type { Context, LabImages } from './context.ts';
import type { CourseLab } from './course.ts';
import { imagesOf } from './lab-spec.ts';
import { reasonOf } from './problem.ts';

/** Raised when captures of before can no longer be used. */
const format = 2;

/** Names what a capture of a lab depends on: the lab, the images of all but its toolbox, and how it is captured. Once the images have been ensured. */
export function captureKey(images: Pick<LabImages, 'idOf'>, lab: CourseLab, spec: LabSpec): string {
  const { instance: _instance, lab: _lab, epoch: _epoch, toolbox: _toolbox, ...same } = spec;
  const ids = imagesOf(spec).map((name) => [name, images.idOf(name) ?? '']);
  return createHash('sha256')
    .update(JSON.stringify([format, lab.version, ids, same]))
    .digest('hex')
    .slice(0, 16);
}

/** The capture from which a lab may be made, if the images it stands on are still the same; null when there is none. */
export async function goodCapture({ provider, store }: Pick<Context, 'provider' | 'store'>, lab: CourseLab): Promise<string | null> {
  if (provider.captures === undefined) return null;
  const rows = await store.captures.list();
  return rows.findLast((row) => row.lab === lab.id && row.labVersion === lab.version && row.state === 'good')?.key ?? null;
}

/** No lab is made from it any more; whoever keeps captures removes it and takes it anew, after a while if it was there. */
export async function refuseCapture({ store }: Pick<Context, 'store'>, key: string, error: unknown): Promise<void> {
  if (error instanceof ClusterError && error.code === 'no-capture') return await store.captures.forget(key);
  // That the engine is away, or full, is not the capture's fault.
  if (error instanceof ClusterError && ['no-engine', 'no-space', 'no-address', 'aborted'].includes(error.code)) return;
  await store.captures.set(key, { state: 'refused', reason: reasonOf(error).message });
}
