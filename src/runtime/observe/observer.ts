import { z } from 'zod';
import { type Kube, type KubeOptions, kube } from '#cluster/kube.ts';
import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import type { Observed } from '#grading/evidence.ts';
import type { Observation } from '#grading/observation.ts';
import { type Clock, systemClock } from '../clock.ts';
import { Blind, reasonOf } from './blind.ts';
import type { ClusterEyes, Eyes } from './eyes.ts';
import { type Informers, informers } from './informers.ts';
import { cleaned, kubeRead, type ObjectRequest } from './kube-read.ts';
import { look } from './looks.ts';
import { untilAborted } from './shared.ts';

export interface ObserverOptions {
  provider: Pick<ClusterProvider, 'dial' | 'probe' | 'exec' | 'repairGraderRole'>;
  access: LabAccess;
  /** Keys the hashes that stand for secret values. */
  secretKey: Uint8Array;
  /** What the learner last typed into a field. */
  answer?: (field: string) => Promise<string | null>;
  /** Told of each repair of the grader's role and of each that failed, in a sentence. */
  onRepair?: (note: string) => void;
  /** Told of what went wrong in telling of events. */
  onError?: (error: unknown) => void;
  /** How long one observation may take, in milliseconds. */
  deadline?: number;
  kube?: (options: KubeOptions) => Kube;
  clock?: Clock;
}

/** One look at a lab. Observations are made at once, and what two of them ask alike is read once. */
export type Round = (observation: Observation) => Promise<Observed>;

/** Looks into one lab as the grader. */
export interface Observer {
  /** `informed`: objects that are kept in memory, in step with the cluster, are not asked for again. */
  round(signal: AbortSignal, options?: { informed: boolean }): Round;
  /** The lists that are kept in memory. */
  informers: Informers;
  /** Requests made to the API servers so far. */
  requests(): number;
  close(): Promise<void>;
}

export function observer(options: ObserverOptions): Observer {
  const { provider, access, secretKey, deadline = 8000, kube: connect = kube, clock = systemClock } = options;
  const { answer = async () => null, onRepair = () => {}, onError = () => {} } = options;
  const { ref } = access;
  let requests = 0;
  const counted = (client: Kube): Kube => ({
    get: (...asked) => count(() => client.get(...asked)),
    send: (...asked) => count(() => client.send(...asked)),
    watch: (...asked) => count(() => client.watch(...asked)),
    close: () => client.close(),
  });
  const count = <T>(request: () => T): T => {
    requests += 1;
    return request();
  };
  const clusters = new Map(
    access.clusters.map(({ name, grader }) => {
      const open = () =>
        counted(connect({ connect: (signal) => provider.dial(ref, { kind: 'api', cluster: name }, signal), credentials: grader }));
      const client = open();
      const repair = (signal: AbortSignal) => provider.repairGraderRole(ref, name, signal);
      // Watches hold their connections for as long as they last, so they have their own.
      return [name, { client, watcher: open(), ...kubeRead(client, { repair, onRepair, secretKey }) }];
    }),
  );
  const named = (name: string) => {
    const found = clusters.get(name);
    if (!found) throw new Blind(`this lab has no cluster ${name}`);
    return found;
  };
  const kept = informers({
    clock,
    list: async (request, signal) => named(request.cluster).list(request, signal),
    watch: (request, path, watched) => named(request.cluster).watcher.watch(path, watched),
    clean: (request, object) => cleaned(object, request, secretKey),
    onError,
  });

  return {
    informers: kept,
    requests: () => requests,

    round(signal, { informed } = { informed: false }) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
      const shared = once();
      const cluster = (name: string): ClusterEyes => {
        const { read, ...rest } = named(name);
        const fromMemory = (request: ObjectRequest) => (informed ? kept.read(request) : null);
        return {
          ...rest,
          readAnew: read,
          read: async (request, limit) => {
            const known = fromMemory(request);
            return known ? known.value : shared(`read ${JSON.stringify(request)}`, () => read(request, limit));
          },
        };
      };
      const eyes: Eyes = { provider, access, ref, secretKey, answer, cluster };
      return async (observation) => {
        const { request } = observation;
        try {
          // Whatever a look waits for in the lab, nobody waits for it beyond the deadline.
          const seen = shared(JSON.stringify(request), () => untilAborted(look(request, eyes, limited), limited));
          return observedAs(observation, await seen);
        } catch (error) {
          signal.throwIfAborted();
          return { ok: false, reason: reasonOf(error, limited) };
        }
      };
    },

    async close() {
      await kept.close();
      await Promise.all([...clusters.values()].flatMap(({ client, watcher }) => [client.close(), watcher.close()]));
    },
  };
}

/** What was seen, in the form the observation names. */
export function observedAs({ value }: Observation, seen: unknown): Observed {
  try {
    const parsed = value.safeParse(seen);
    if (parsed.success) return { ok: true, value: z.json().parse(parsed.data) };
    return { ok: false, reason: `what came back has another form: ${z.prettifyError(parsed.error).slice(0, 500)}` };
  } catch (error) {
    // A transform of the author's that throws, or makes what is no JSON.
    return { ok: false, reason: `the grader could not read what came back: ${reasonOf(error, never)}`.slice(0, 500) };
  }
}

const never = new AbortController().signal;

/** Does each piece of work once, by its name; whoever asks again gets what came of it. */
function once() {
  const done = new Map<string, Promise<unknown>>();
  return (name: string, work: () => Promise<unknown>): Promise<unknown> => {
    const begun = done.get(name) ?? work();
    done.set(name, begun);
    return begun;
  };
}
