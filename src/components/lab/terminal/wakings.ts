import type { ShellConnection } from './connection.ts';

const tickMilliseconds = 5_000;
/** A clock that was late by more than this stood still: the machine slept. */
const sleptMilliseconds = 15_000;

/** Brings a connection back when the machine wakes, is online again, or the page is looked at again, until the signal fires. */
export function followWakings(connection: ShellConnection, signal: AbortSignal): void {
  const wake = () => {
    if (document.hidden) return;
    if (connection.state.name === 'waiting') connection.connect();
    else connection.probe();
  };
  addEventListener('online', wake, { signal });
  document.addEventListener('visibilitychange', wake, { signal });
  let last = Date.now();
  const clock = setInterval(() => {
    if (Date.now() - last > sleptMilliseconds) wake();
    last = Date.now();
  }, tickMilliseconds);
  signal.addEventListener('abort', () => clearInterval(clock));
}
