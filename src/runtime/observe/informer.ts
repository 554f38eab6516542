import { z } from 'zod';
import { ClusterError } from '#cluster/port.ts';
import { type Clock, isoNow, rest } from '../clock.ts';
import type { KubeObject } from './kube-read.ts';

/** What an informer tells, in the order in which it came to be in the cluster. */
export type InformerEvent =
  /** The objects are known from here on. What they were before is not. */
  | { type: 'listed' }
  | { type: 'changed'; before: KubeObject | null; after: KubeObject | null }
  /** From `since` to the next `listed` nothing is known. A watch that is taken up where it broke off is not told of: it misses nothing. */
  | { type: 'blind'; since: string };

export interface Informer {
  /** Every object by namespace and name, or null while they are not known to be as the API server has them. */
  objects(): readonly KubeObject[] | null;
  /** Settles when the objects were first listed, or could not be. */
  tried: Promise<void>;
  /** Stops, and waits for it. */
  close(): Promise<void>;
}

export interface InformerOptions {
  /** Lists all objects, with where and from which version to watch; null when the API server does not serve them. */
  list(signal: AbortSignal): Promise<{ path: string; version: string; items: readonly KubeObject[] } | null>;
  watch(path: string, options: { signal: AbortSignal; opened: () => void }): AsyncIterable<unknown>;
  /** Makes an object of a watch event look like one of a list. */
  clean(object: unknown): KubeObject;
  /** Must not throw. */
  onEvent(event: InformerEvent): void;
  clock: Clock;
  /** Most bytes of JSON that are kept; above it nothing is, and whoever wants to know has to ask the API server. */
  largest?: number;
}

/** A broken watch is taken up where it was for this long; then the objects are listed again, and the time between is unknown. */
const resumable = 3_000;
/** An API server that has said nothing for this long (a bookmark is due each minute) is not listened to any longer. */
const silence = 150_000;
const listLimit = 10_000;
const firstRetry = 200;
const lastRetry = 5_000;
/** Until a kind that is not served is looked for again. */
const unservedRetry = 5_000;
/** Until objects that were too many are listed again. */
const overflowRetry = 30_000;
const openLimit = 10_000;

const WatchEvent = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), object: z.looseObject({}) });
const Versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Follows all objects of one kind in one namespace (or in all): one list, then one watch for as long as the cluster lets it. */
export function informer({ list, watch, clean, onEvent, clock, largest = 8 * 1024 * 1024 }: InformerOptions): Informer {
  const stop = new AbortController();
  let known = new Map<string, { object: KubeObject; bytes: number }>();
  let sorted: readonly KubeObject[] | null = null;
  let bytes = 0;
  /** The objects are as the API server has them. */
  let inStep = false;
  /** Where to watch from; null when the objects have to be listed. */
  let from: { path: string; version: string } | null = null;
  let since = isoNow(clock);
  let toldBlind = true;
  let haveTried = () => {};
  const tried = new Promise<void>((resolve) => {
    haveTried = resolve;
  });

  function put(object: KubeObject | null, key: string): KubeObject | null {
    const before = known.get(key);
    bytes -= before?.bytes ?? 0;
    known.delete(key);
    if (object !== null) {
      const size = JSON.stringify(object).length;
      bytes += size;
      known.set(key, { object, bytes: size });
    }
    sorted = null;
    if (bytes > largest) throw new ClusterError('too-large', `These objects exceed ${largest} bytes.`);
    return before?.object ?? null;
  }

  async function relist(): Promise<void> {
    const listed = await list(AbortSignal.any([stop.signal, AbortSignal.timeout(listLimit)]));
    known = new Map();
    bytes = 0;
    for (const item of listed?.items ?? []) put(item, keyOf(item));
    from = listed && { path: listed.path, version: listed.version };
    sorted = null;
    const isNews = !inStep || from !== null;
    inStep = true;
    toldBlind = false;
    if (isNews) onEvent({ type: 'listed' });
  }

  /** Follows one watch to its end. Whatever broke it, `from` tells where to go on. */
  async function follow({ path, version }: { path: string; version: string }): Promise<void> {
    const quiet = new AbortController();
    let cancel = clock.after(openLimit, () => quiet.abort());
    let isOpen = false;
    const heard = () => {
      cancel();
      cancel = clock.after(silence, () => quiet.abort());
    };
    const opened = () => {
      isOpen = true;
      inStep = true;
      heard();
    };
    const query = `${path.includes('?') ? '&' : '?'}resourceVersion=${encodeURIComponent(version)}&allowWatchBookmarks=true`;
    try {
      for await (const line of watch(`${path}${query}`, { signal: AbortSignal.any([stop.signal, quiet.signal]), opened })) {
        heard();
        const { type, object } = WatchEvent.parse(line);
        if (type === 'ERROR') {
          isOpen = false; // It cannot be taken up from here: the version has expired, or the server says it does not know.
          throw new Error(`the watch was ended: ${JSON.stringify(object).slice(0, 200)}`);
        }
        const next = { path, version: Versioned.parse(object).metadata.resourceVersion };
        if (type === 'BOOKMARK') {
          from = next;
          continue;
        }
        const cleaned = clean(object);
        const after = type === 'DELETED' ? null : cleaned;
        const before = put(after, keyOf(cleaned));
        from = next; // Only what is kept is behind us.
        onEvent({ type: 'changed', before: before ?? (after === null ? cleaned : null), after });
      }
    } catch (error) {
      if (!isOpen || isTooLarge(error)) from = null;
      throw error;
    } finally {
      cancel();
    }
  }

  function lose(): void {
    if (!inStep) return;
    inStep = false;
    since = isoNow(clock);
  }

  /** Says, once, that what is in the cluster is no longer known here. */
  function giveUp(): void {
    from = null;
    if (toldBlind) return;
    toldBlind = true;
    onEvent({ type: 'blind', since });
  }

  const running = (async () => {
    let retry = firstRetry;
    while (!stop.signal.aborted) {
      let pause = 0;
      try {
        if (from === null) await relist();
        haveTried();
        // A kind that is not served is known to have no objects, for a while.
        if (from === null) pause = unservedRetry;
        else {
          await follow(from);
          lose();
        }
        retry = firstRetry;
      } catch (error) {
        // Why does not matter else: whoever reads meanwhile asks the API server, and is told.
        haveTried();
        lose();
        if (isTooLarge(error)) known = new Map();
        pause = isTooLarge(error) ? overflowRetry : retry;
        retry = Math.min(retry * 2, lastRetry);
      }
      if (!inStep && (from === null || clock.now() - Date.parse(since) > resumable)) giveUp();
      if (pause > 0) await rest(clock, pause, stop.signal);
    }
    haveTried();
  })();

  return {
    objects() {
      if (!inStep) return null;
      sorted ??= [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { object }]) => object);
      return sorted;
    },
    tried,
    async close() {
      stop.abort();
      await running;
    },
  };
}

const isTooLarge = (error: unknown) => error instanceof ClusterError && error.code === 'too-large';
const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject) => `${namespace}/${name}`;
