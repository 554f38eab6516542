import type Dockerode from 'dockerode';
import { ClusterError } from '../port.ts';
import { engineFailure } from './failures.ts';

/** The engine, with a deadline on every call and every rejection translated. */
export interface Engine {
  docker: Dockerode;
  /** Milliseconds an ordinary call may take. */
  patience: number;
  /** Runs one call; `what` completes "could not …". The deadline is `times` the engine's patience. The signal given to `run` fires only until the call (or a stream's first answer) is there. */
  call<T>(what: string, signal: AbortSignal, run: (abortSignal: AbortSignal) => Promise<T>, times?: number): Promise<T>;
  /**
   * For calls that make something: an abort waits for the engine's answer, so that what was made can be found and removed.
   * Without this a cancelled create may appear after the clean-up.
   */
  make<T>(what: string, signal: AbortSignal, run: (abortSignal: AbortSignal) => Promise<T>, times?: number): Promise<T>;
}

export function engineOf(docker: Dockerode, patience = 30_000): Engine {
  const call: Engine['call'] = async (what, signal, run, times = 1) => {
    throwIfAborted(signal, what);
    const milliseconds = patience * times;
    const limit = AbortSignal.timeout(milliseconds);
    const controller = new AbortController();
    const cut = () => controller.abort();
    const either = [signal, limit];
    for (const each of either) each.addEventListener('abort', cut, { once: true });
    try {
      // Some of dockerode's calls take no signal, and a hung one must not be waited for either.
      return await Promise.race([run(controller.signal), rejection(controller.signal)]);
    } catch (error) {
      throwIfAborted(signal, what, error);
      if (limit.aborted) throw overdue(what, milliseconds, error);
      throw engineFailure(error, what);
    } finally {
      for (const each of either) each.removeEventListener('abort', cut);
    }
  };
  const make: Engine['make'] = async (what, signal, run, times) => {
    throwIfAborted(signal, what);
    const made = await call(what, new AbortController().signal, run, times);
    throwIfAborted(signal, what);
    return made;
  };
  return { docker, patience, call, make };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function throwIfAborted(signal: AbortSignal, what: string, cause?: unknown): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof ClusterError) throw signal.reason;
  if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError') throw overdue(what, undefined, cause);
  throw new ClusterError('aborted', `Stopped while about to ${what}.`, { cause: cause ?? signal.reason });
}

function overdue(what: string, milliseconds: number | undefined, cause: unknown): ClusterError {
  const after = milliseconds === undefined ? '' : ` within ${Math.round(milliseconds / 1000)} s`;
  return new ClusterError('deadline', `The engine did not ${what}${after}.`, {
    advice: 'The host may be overloaded, or the engine hangs: `docker ps` shows whether it answers.',
    cause,
  });
}

/** Waits, or throws the signal's reason as this room's error. */
export async function pause(milliseconds: number, signal: AbortSignal, what: string): Promise<void> {
  throwIfAborted(signal, what);
  await new Promise<void>((done) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener('abort', finish, { once: true });
  });
  throwIfAborted(signal, what);
}
