import { z } from 'zod';
import { inPod, observation, type Place, type Selection } from '../observation.ts';
import { FileRead } from './files.ts';

export type PodRequest =
  | {
      kind: 'pod.files';
      cluster: string;
      pods: Selection;
      container: string | null;
      paths: readonly string[];
      largest: number;
      secret: boolean;
    }
  | { kind: 'pod.environ'; cluster: string; pods: Selection; container: string | null; names: readonly string[]; secret: boolean };

interface Options extends Place {
  /** The container's name; the pod's first when none is given. */
  container?: string;
  /** Replaces values by the keyed hash that stands for the same bytes in a Secret. */
  secret?: boolean;
}

/** Reads inside the running containers of pods, as their own first process sees it, with no object of Kubernetes. */
export const pod = {
  /** Files by path, in each running pod of a selection. */
  files: (
    pods: Selection,
    paths: readonly string[],
    { cluster = 'main', container, largest = 16 * 1024, secret = false }: Options & { largest?: number } = {},
  ) =>
    observation(
      { kind: 'pod.files', cluster, pods, container: container ?? null, paths, largest, secret },
      z.array(z.object({ ...inPod, files: z.record(z.string(), FileRead) })),
    ),

  /** Variables the first process was started with; those it lacks are absent. */
  environ: (pods: Selection, names: readonly string[], { cluster = 'main', container, secret = false }: Options = {}) =>
    observation(
      { kind: 'pod.environ', cluster, pods, container: container ?? null, names, secret },
      z.array(z.object({ ...inPod, environ: z.record(z.string(), z.string()) })),
    ),
};
