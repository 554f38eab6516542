import { z } from 'zod';
import { inPod, observation, type Place, type Selection } from '../observation.ts';

export type KubeRequest =
  | { kind: 'kube.object'; cluster: string; apiVersion: string; of: string; name: string; namespace: string | null }
  | {
      kind: 'kube.list';
      cluster: string;
      apiVersion: string;
      of: string;
      namespace: string | null;
      labels: Readonly<Record<string, string>>;
    }
  | { kind: 'kube.raw'; cluster: string; path: string }
  | { kind: 'kube.logs'; cluster: string; pods: Selection; container: string | null; previous: boolean; tail: number };

/** Reads by the grader's identity. */
export const kube = {
  /** One object; null when there is none. */
  object: <Fields extends z.ZodType>(
    apiVersion: string,
    kind: string,
    name: string,
    { fields, cluster = 'main', namespace }: Place & { fields: Fields; namespace?: string },
  ) => observation({ kind: 'kube.object', cluster, apiVersion, of: kind, name, namespace: namespace ?? null }, z.nullable(fields)),

  /** All objects of a kind, in one namespace or in all, with these labels; empty when there are none. */
  list: <Fields extends z.ZodType>(
    apiVersion: string,
    kind: string,
    { fields, cluster = 'main', namespace, labels = {} }: Place & Partial<Selection> & { fields: Fields },
  ) => observation({ kind: 'kube.list', cluster, apiVersion, of: kind, namespace: namespace ?? null, labels }, z.array(fields)),

  /** What the API server answers at a path, parsed when it is JSON; null for 404. For what is no object: `/apis/metrics.k8s.io/…`, `/version`. */
  raw: <Fields extends z.ZodType>(path: string, { fields, cluster = 'main' }: Place & { fields: Fields }) =>
    observation({ kind: 'kube.raw', cluster, path }, z.nullable(fields)),

  /** The last `tail` lines of one container of each pod of a selection (its first when none is named), or of its previous run. */
  logs: (
    pods: Selection,
    { cluster = 'main', container, previous = false, tail = 200 }: Place & { container?: string; previous?: boolean; tail?: number } = {},
  ) =>
    observation(
      { kind: 'kube.logs', cluster, pods, container: container ?? null, previous, tail },
      /** `lines` is null when that container has not run (yet, or before). */
      z.array(z.object({ ...inPod, container: z.string(), lines: z.array(z.string()).nullable() })),
    ),
};
