import { watch } from 'node:fs';

export type AuthorEvent = 'saved' | 'check' | 'paced';

/** Editors write a file in several strokes. */
const strokes = 150;
const judged = /\.(ts|yaml)$/;

export interface Events extends AsyncIterable<AuthorEvent> {
  push(event: AuthorEvent): void;
}

/**
 * What an author does to a lab's folder, as it happens: `saved` once its grader, words or lab.yaml were written, `paced` when nothing
 * happened for `pace` milliseconds. What is pushed comes first. Ends with the signal.
 */
export function savesIn(folder: string, pace: number, signal: AbortSignal): Events {
  const waiting: AuthorEvent[] = [];
  let wake = () => {};
  let stroke: NodeJS.Timeout | undefined;
  const push = (event: AuthorEvent) => {
    if (!waiting.includes(event)) waiting.push(event);
    wake();
  };
  const watcher = watch(folder, (_event, name) => {
    if (name !== null && !judged.test(name)) return;
    clearTimeout(stroke);
    stroke = setTimeout(() => push('saved'), strokes);
  });
  return {
    push,
    async *[Symbol.asyncIterator]() {
      try {
        while (!signal.aborted) {
          const event = waiting.shift() ?? (await next());
          if (event !== undefined && !signal.aborted) yield event;
        }
      } finally {
        clearTimeout(stroke);
        watcher.close();
      }
    },
  };

  async function next(): Promise<AuthorEvent | undefined> {
    const { promise, resolve } = Promise.withResolvers<AuthorEvent | undefined>();
    const timer = setTimeout(() => resolve('paced'), pace);
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    wake = () => resolve(waiting.shift());
    try {
      return await promise;
    } finally {
      wake = () => {};
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}
