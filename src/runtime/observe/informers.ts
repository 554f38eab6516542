import type { Clock } from '../clock.ts';
import { hasLabels, type ListRequest, listKey } from './behind.ts';
import { type Informer, type InformerEvent, informer } from './informer.ts';
import type { KubeObject, ObjectRequest } from './kube-read.ts';

/** The lists of a lab that are kept in memory, each once, for as long as somebody wants it. */
export interface Informers {
  /** Replaces what this owner wants. Lists that nobody wants any more are dropped. */
  keep(owner: string, lists: readonly ListRequest[]): void;
  /** What a read would answer, from memory; null when that is not known to be as in the cluster. */
  read(request: ObjectRequest): { value: unknown } | null;
  /** Tells every event of every list, in order, until the answered function is called. */
  onEvent(listener: (list: string, event: InformerEvent) => void): () => void;
  /** Settles when every list that is wanted has been read, or could not be. */
  tried(): Promise<void>;
  close(): Promise<void>;
}

/** More watches than this of one lab are not held open: what goes beyond is read when it is wanted. */
const mostLists = 30;

export interface InformersOptions {
  clock: Clock;
  list(request: ListRequest, signal: AbortSignal): Promise<{ path: string; version: string; items: readonly KubeObject[] } | null>;
  watch(request: ListRequest, path: string, options: { signal: AbortSignal; opened: () => void }): AsyncIterable<unknown>;
  clean(request: ListRequest, object: unknown): KubeObject;
  /** Told of each failure of a listener. */
  onError: (error: unknown) => void;
}

export function informers({ clock, list, watch, clean, onError }: InformersOptions): Informers {
  const wanted = new Map<string, readonly ListRequest[]>();
  const running = new Map<string, Informer>();
  const listeners = new Set<(list: string, event: InformerEvent) => void>();
  const leaving = new Set<Promise<void>>();

  /** A listener that fails keeps no other from the event, nor the list from going on. */
  function tell(listener: (list: string, event: InformerEvent) => void, key: string, event: InformerEvent): void {
    try {
      listener(key, event);
    } catch (error) {
      onError(error);
    }
  }

  function drop(key: string, dropped: Informer): void {
    running.delete(key);
    const left = dropped.close().then(() => void leaving.delete(left));
    leaving.add(left);
  }

  function begin(key: string, request: ListRequest): void {
    const begun = informer({
      clock,
      list: (signal) => list(request, signal),
      watch: (path, options) => watch(request, path, options),
      clean: (object) => clean(request, object),
      onEvent: (event) => {
        if (running.get(key) === begun) for (const listener of listeners) tell(listener, key, event);
      },
    });
    running.set(key, begun);
  }

  return {
    keep(owner, lists) {
      wanted.set(owner, lists);
      const now = new Map([...wanted.values()].flat().map((request) => [listKey(request), { ...request, labels: {} }]));
      for (const [key, one] of running) if (!now.has(key)) drop(key, one);
      for (const [key, request] of now) if (!running.has(key) && running.size < mostLists) begin(key, request);
    },

    read(request) {
      const objects = running.get(listKey(request))?.objects();
      if (!objects) return null;
      if (request.kind === 'kube.list') return { value: objects.filter((object) => hasLabels(object, request.labels)) };
      // A kind with namespaces that is asked for without one is refused by the read itself.
      if (request.namespace === null && objects.some(({ metadata }) => metadata.namespace !== undefined)) return null;
      return { value: objects.find(({ metadata }) => metadata.name === request.name) ?? null };
    },

    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    tried: async () => void (await Promise.all([...running.values()].map(({ tried }) => tried))),

    async close() {
      wanted.clear();
      listeners.clear();
      for (const [key, one] of running) drop(key, one);
      await Promise.all(leaving);
    },
  };
}
