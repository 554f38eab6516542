import { once } from 'node:events';

/** An answer of the engine's, or the signal's reason: for the calls of dockerode that take no signal. */
export async function within<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const done = new AbortController();
  try {
    const aborted = once(signal, 'abort', { signal: done.signal }).then(() => Promise.reject(signal.reason));
    // Ending the wait below rejects it with nobody listening.
    aborted.catch(() => undefined);
    return await Promise.race([answer, aborted]);
  } finally {
    done.abort();
  }
}
