import type { Clock } from '#runtime/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface SteppedClock extends Clock {
  /** Goes on by this long, doing what falls due on the way, each thing at its time and to its end. */
  advance(milliseconds: number): Promise<void>;
}

/** `idle` settles when all that was begun is done. */
export function steppedClock(idle: () => Promise<void>): SteppedClock {
  let now = Date.parse('2026-11-23T12:00:00Z');
  const planned = new Map<object, { at: number; work: () => void }>();
  return {
    now: () => now,
    after(milliseconds, work) {
      const key = {};
      planned.set(key, { at: now + milliseconds, work });
      return () => void planned.delete(key);
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await idle();
        const [next] = [...planned].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        const [key, { at, work }] = next;
        planned.delete(key);
        now = Math.max(now, at);
        work();
      }
      now = end;
    },
  };
}

/** Waits until it is so, letting whatever is under way go on; fails after ten seconds with what was awaited. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
