import { randomBytes } from 'node:crypto';
import type { ClusterProvider, LabAccess, StepEvent } from '#cluster/port.ts';
import type { LabImages } from '../context.ts';
import type { CourseLab } from '../course.ts';
import { labSpec, withImages } from '../lab-spec.ts';

/** One lab that no learner and no row knows, and that is reset as a session is: the same lab, its next epoch, containers made anew. */
export interface ProofLab {
  /** Makes the lab, or its next epoch in place of the one there is. */
  begin(report: (detail: string) => void, signal: AbortSignal): Promise<{ access: LabAccess; milliseconds: number }>;
  /** Memory that its containers hold, in MiB; null when the engine does not say. */
  memoryMiB(signal: AbortSignal): Promise<number | null>;
  /** Succeeds when there is nothing, also in the middle of a start that was stopped. */
  remove(): Promise<void>;
}

export interface ProofLabOptions {
  provider: ClusterProvider;
  images: LabImages;
  lab: CourseLab;
  /** Must not be one that a server reconciles. */
  instance: string;
  /** Bytes of memory a container holds; null when the engine does not say. */
  memoryOf: (container: string, signal: AbortSignal) => Promise<number | null>;
}

export function proofLab({ provider, images, lab, instance, memoryOf }: ProofLabOptions): ProofLab {
  const id = `proof-${randomBytes(4).toString('hex')}`;
  let epoch = 0;
  return {
    async begin(report, signal) {
      if (epoch > 0) await provider.remove({ instance, lab: id, epoch }, signal);
      epoch += 1;
      const spec = await withImages(images, labSpec(lab, { instance, lab: id, epoch }), report, signal);
      const began = performance.now();
      const tell = (event: StepEvent) => event.state === 'begin' && report(event.title);
      const access = await provider.create(spec, tell, signal);
      return { access, milliseconds: Math.round(performance.now() - began) };
    },
    async memoryMiB(signal) {
      const found = (await provider.find(instance, signal)).filter((one) => one.lab === id && one.epoch === epoch);
      const held = await Promise.all(found.flatMap(({ containers }) => containers.map((one) => memoryOf(one.id, signal))));
      const sum = held.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);
      return held.includes(null) || sum === 0 ? null : Math.round(sum / 1024 ** 2);
    },
    remove: () => provider.remove({ instance, lab: id }, AbortSignal.timeout(120_000)),
  };
}
