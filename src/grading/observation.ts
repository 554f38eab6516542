import { z } from 'zod';

/** Objects chosen by labels, in one namespace. */
export interface Selection {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

/** What the server is asked to read: plain data, so that two tasks that ask the same share one read. */
export type Request =
  | { kind: 'kube.object'; cluster: string; apiVersion: string; of: string; name: string; namespace: string | null }
  | {
      kind: 'kube.list';
      cluster: string;
      apiVersion: string;
      of: string;
      namespace: string | null;
      labels: Readonly<Record<string, string>>;
    }
  | { kind: 'http.get'; cluster: string; from: Selection | 'network'; url: string; timeout: number }
  | { kind: 'http.getEach'; cluster: string; pods: Selection; port: number; path: string; timeout: number };

/** A named read, with the schema of its value: fields that the schema does not name are neither kept nor judged. */
export interface Observation<Value = unknown, Decides extends boolean = boolean> {
  readonly request: Request;
  readonly value: z.ZodType<Value>;
  /** False: shown with the verdict, never part of it. */
  readonly decides: Decides;
}

export type ValueOf<O> = O extends { readonly value: z.ZodType<infer Value> } ? Value : never;

interface Place {
  /** The cluster to look at, in a lab with several. */
  cluster?: string;
}

const observation = <Value>(request: Request, value: z.ZodType<Value>): Observation<Value, true> => ({ request, value, decides: true });

/** Shows an observation with the verdict without judging it. */
export const optional = <Value>(shown: Observation<Value>): Observation<Value, false> => ({ ...shown, decides: false });

/** Reads of Kubernetes objects by the grader's identity. */
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
};

/** What came back from a request. `status` is null when nothing did, and `problem` says how; `body` is null unless it is JSON with these fields. */
const answer = <Fields extends z.ZodType>(fields: Fields) =>
  z.object({
    status: z.int().nullable(),
    problem: z.enum(['refused', 'unreachable', 'no-name', 'timeout', 'broken']).nullable(),
    body: fields.nullable().catch(null),
  });

/** Probes over HTTP. `timeout` is in milliseconds. */
export const http = {
  /** One request, from a running pod of a selection (null when there is none) or from the lab's network. */
  get: <Fields extends z.ZodType>(
    url: string,
    { from, fields, cluster = 'main', timeout = 2000 }: Place & { from: Selection | 'network'; fields: Fields; timeout?: number },
  ) => observation({ kind: 'http.get', cluster, from, url, timeout }, answer(fields).nullable()),

  /** The same request to every running pod of a selection, each from within its own network. */
  getEach: <Fields extends z.ZodType>(
    path: string,
    { pods, port, fields, cluster = 'main', timeout = 2000 }: Place & { pods: Selection; port: number; fields: Fields; timeout?: number },
  ) =>
    observation(
      { kind: 'http.getEach', cluster, pods, port, path, timeout },
      z.array(answer(fields).extend({ pod: z.string(), uid: z.string() })),
    ),
};
