import { type Clock, systemClock } from '../clock.ts';
import { inTurn } from './in-turn.ts';
import { type TrierOptions, undoLeftTrials } from './trier.ts';

/** The trials of a watched lab that could not be taken back: while there is one, it is tried again every half minute. */
export interface LeftTrials {
  /** Tries now, and answers how many were taken back. Call it when no trial is under way. */
  takeBack(signal: AbortSignal): Promise<number>;
  /** Tries no more. Waits for what is under way. */
  close(): Promise<void>;
}

const every = 30_000;
const patience = 10_000;

/** Trials of the lab are made in turn about its observer. */
export function leftTrials(
  options: TrierOptions,
  tasks: readonly { id: string }[],
  { onError, clock = systemClock }: { onError: (error: unknown) => void; clock?: Clock },
): LeftTrials {
  const stop = new AbortController();
  let callOff = () => {};
  let running: Promise<unknown> = Promise.resolve();

  async function takeBack(signal: AbortSignal): Promise<number> {
    callOff();
    let isLeft = true;
    try {
      const { done, left } = await undoLeftTrials(options, tasks, AbortSignal.any([signal, stop.signal]));
      isLeft = left > 0;
      return done;
    } finally {
      if (isLeft && !stop.signal.aborted) callOff = clock.after(every, again);
    }
  }

  function again(): void {
    inTurn(options.observer, async () => {
      if (stop.signal.aborted) return;
      running = takeBack(AbortSignal.timeout(patience)).catch((error: unknown) => {
        if (!stop.signal.aborted) onError(error);
      });
      await running;
    });
  }

  return {
    takeBack,
    async close() {
      stop.abort(new Error('the lab is no longer watched'));
      callOff();
      await running;
    },
  };
}
