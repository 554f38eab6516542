/** We could not look. `message` says why, to the learner. */
export class Blind extends Error {
  override name = 'Blind';
}

/** Any failure of an observation as the reason it is recorded with. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof Blind) return error.message.slice(0, 2000);
  if (signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError') return 'it took too long';
  const text = error instanceof Error ? error.message : String(error);
  return (text || 'it failed without a reason').slice(0, 2000);
}
