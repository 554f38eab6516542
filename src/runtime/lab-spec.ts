import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabRef, LabSpec } from '#cluster/port.ts';
import type { LabImages } from './context.ts';
import type { CourseLab } from './course.ts';

const MiB = 1024 * 1024;

/** What the provider has to make for one lab of the course, with our own images by name (`withImages`). Reads the files of `setup/`. */
export function labSpec(lab: CourseLab, ref: LabRef): LabSpec {
  return {
    ...ref,
    clusters: lab.file.clusters.map((cluster, index) => ({
      name: cluster.name,
      nodes: [{ role: 'control-plane' as const }, ...Array.from({ length: cluster.workers }, () => ({ role: 'worker' as const }))],
      // Ranges of their own, so that clusters of one lab can be joined by routes.
      podSubnet: `10.${244 - 2 * index}.0.0/16`,
      serviceSubnet: `10.${96 + index}.0.0/16`,
      kubeadmPatches: cluster.kubeadmPatches,
      setup: cluster.setup.map((name) => ({ name, yaml: readFileSync(join(lab.folder, 'setup', name), 'utf8') })),
    })),
    containers: lab.file.containers.map(({ name, image, env, command, memoryMiB }) => ({
      name,
      image,
      env,
      ...(command ? { command } : {}),
      ...(memoryMiB ? { memoryBytes: memoryMiB * MiB } : {}),
    })),
    toolbox: { image: 'toolbox', memoryBytes: 512 * MiB, cpus: 1, pids: 256 },
    images: lab.file.images,
    proberRules: lab.file.prober.map(({ resourceNames, ...rule }) => ({ ...rule, ...(resourceNames ? { resourceNames } : {}) })),
  };
}

/** The images that a lab stands on, but for its toolbox. */
export const imagesOf = ({ images, containers }: LabSpec) => ['node', 'gateway', ...images, ...containers.map(({ image }) => image)];

/** The spec once every image it stands on is in the engine, with the toolbox's own reference. */
export async function withImages(
  images: LabImages,
  spec: LabSpec,
  report: (detail: string) => void,
  signal: AbortSignal,
): Promise<LabSpec> {
  for (const name of imagesOf(spec)) await images.ensure(name, report, signal);
  return { ...spec, toolbox: { ...spec.toolbox, image: await images.ensure(spec.toolbox.image, report, signal) } };
}
