import { randomBytes } from 'node:crypto';
import type { ClusterProvider, LabAccess, StepEvent } from '#cluster/port.ts';
import type { LabImages } from '../context.ts';
import type { CourseLab } from '../course.ts';
import { labSpec, withImages } from '../lab-spec.ts';

export interface FreshLab {
  access: LabAccess;
  milliseconds: number;
  remove(): Promise<void>;
}

/** Makes a lab that no learner and no row knows. `instance` must not be one that a server reconciles. */
export async function freshLab(
  options: { provider: ClusterProvider; images: LabImages; lab: CourseLab; instance: string; report: (detail: string) => void },
  signal: AbortSignal,
): Promise<FreshLab> {
  const { provider, images, lab, instance, report } = options;
  const ref = { instance, lab: `proof-${randomBytes(4).toString('hex')}`, epoch: 1 };
  const spec = await withImages(images, labSpec(lab, ref), report, signal);
  const began = performance.now();
  const tell = (event: StepEvent) => event.state === 'begin' && report(event.title);
  const access = await provider.create(spec, tell, signal);
  return {
    access,
    milliseconds: Math.round(performance.now() - began),
    remove: () => provider.remove({ instance, lab: ref.lab }, AbortSignal.timeout(120_000)),
  };
}
