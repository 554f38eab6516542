import { z } from 'zod';
import type { AccessRequest } from './observe/access.ts';
import type { AnswerRequest } from './observe/answer.ts';
import type { DnsRequest } from './observe/dns.ts';
import type { EngineRequest } from './observe/engine.ts';
import type { EtcdRequest } from './observe/etcd.ts';
import type { FilesRequest } from './observe/files.ts';
import type { HttpRequest } from './observe/http.ts';
import type { KubeRequest } from './observe/kube.ts';
import type { PodRequest } from './observe/pod.ts';
import type { PolicyRequest } from './observe/policy.ts';
import type { RegistryRequest } from './observe/registry.ts';
import type { TcpRequest } from './observe/tcp.ts';

/** What the server is asked to read: plain data, so that two tasks that ask the same share one read. */
export type Request =
  | KubeRequest
  | AccessRequest
  | PolicyRequest
  | HttpRequest
  | DnsRequest
  | TcpRequest
  | PodRequest
  | FilesRequest
  | EngineRequest
  | RegistryRequest
  | EtcdRequest
  | AnswerRequest;

/** A named read, with the schema of its value: fields that the schema does not name are neither kept nor judged. */
export interface Observation<Value = unknown, Decides extends boolean = boolean> {
  readonly request: Request;
  /** Reading its own output again gives the same: evidence is parsed when it is seen and when it is judged. */
  readonly value: z.ZodType<Value>;
  /** False: shown with the verdict, never part of it. */
  readonly decides: Decides;
}

export type ValueOf<O> = O extends { readonly value: z.ZodType<infer Value> } ? Value : never;

/** Objects chosen by labels, in one namespace. */
export interface Selection {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

export interface Place {
  /** The cluster to look at, in a lab with several. */
  cluster?: string;
}

/** Where a probe comes from: a running pod of a selection, the lab's network (outside every cluster), or a node's own network. */
export type From = Selection | 'network' | { node: string };

export const observation = <Value>(request: Request, value: z.ZodType<Value>): Observation<Value, true> => ({
  request,
  value,
  decides: true,
});

/** Shows an observation with the verdict without judging it. */
export const optional = <Value>(shown: Observation<Value>): Observation<Value, false> => ({ ...shown, decides: false });

/** What a target did instead of answering. `broken`: it answered, and not in the protocol or not to the end. */
export const Problem = z.enum(['refused', 'unreachable', 'no-name', 'timeout', 'broken']).nullable();
export type Problem = z.infer<typeof Problem>;

/** Which pod something was seen in. */
export const inPod = { pod: z.string(), uid: z.string() };
