import { type Clock, systemClock } from './clock.ts';

/** Lets some work through at once, then a piece at a time. */
export interface Bucket {
  /** Whether there is room for another piece; takes it. */
  take(): boolean;
}

/** `burst` at once, and one each `every` milliseconds after that. */
export function bucket({ burst, every }: { burst: number; every: number }, clock: Clock = systemClock): Bucket {
  let tokens = burst;
  let at = clock.now();
  return {
    take() {
      const now = clock.now();
      tokens = Math.min(burst, tokens + Math.max(0, now - at) / every);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
