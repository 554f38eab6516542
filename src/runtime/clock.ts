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

/** Work planned by name. */
export interface Plans {
  /** Plans work, unless work of this name is planned or all was called off. */
  plan(name: string, milliseconds: number, work: () => void): void;
  /** The same, in place of what is planned. */
  replan(name: string, milliseconds: number, work: () => void): void;
  callOff(name: string): void;
  /** For good. */
  callOffAll(): void;
}

export function plans(clock: Clock): Plans {
  const cancels = new Map<string, () => void>();
  let isOver = false;
  const self: Plans = {
    plan(name, milliseconds, work) {
      if (cancels.has(name) || isOver) return;
      const cancel = clock.after(milliseconds, () => {
        cancels.delete(name);
        work();
      });
      cancels.set(name, cancel);
    },
    replan(name, milliseconds, work) {
      self.callOff(name);
      self.plan(name, milliseconds, work);
    },
    callOff(name) {
      cancels.get(name)?.();
      cancels.delete(name);
    },
    callOffAll() {
      isOver = true;
      for (const cancel of cancels.values()) cancel();
      cancels.clear();
    },
  };
  return self;
}

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
