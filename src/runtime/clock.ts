/** Time as paced work sees it, so that a test can step it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Does the work once, later; the answered function calls it off. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

export const isoNow = (clock: Clock) => new Date(clock.now()).toISOString();

/** Waits until the time is over or the signal fires, whichever is first. */
export function rest(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
