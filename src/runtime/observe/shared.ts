/**
 * Work that everybody shares who asks for it while it is under way. It has a deadline of its own, in milliseconds;
 * nobody waits for it beyond his own signal, and nobody's signal ends it for the others.
 */
export function shared<T>(deadline: number, work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let running: Promise<T> | null = null;
  return (signal) => {
    running ??= work(AbortSignal.timeout(deadline)).finally(() => {
      running = null;
    });
    return untilAborted(running, signal);
  };
}

/** Waits for work no longer than until the signal fires. The work itself is not ended by that. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
