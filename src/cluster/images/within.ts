import { once } from 'node:events';

const patience = 60_000;

/** An answer of the engine's, or the signal's reason, or an error after a minute: for the calls of dockerode that take no signal. */
export async function within<T>(caller: AbortSignal, answer: Promise<T>): Promise<T> {
  const signal = AbortSignal.any([caller, AbortSignal.timeout(patience)]);
  // Whichever of the two comes second is of no interest to anybody, a rejection too.
  answer.catch(() => undefined);
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => Promise.reject(signal.reason));
  aborted.catch(() => undefined);
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    done.abort();
  }
}
