/**
 * Work under way for a session, at most one at a time: a later one aborts the one before and waits for its end,
 * so that an `end` in the middle of a start never runs beside it.
 */
export interface Jobs {
  run(session: string, work: Work): Promise<void>;
  /** Runs the work unless other work is under way for the session. */
  runIfIdle(session: string, work: Work): Promise<void>;
  /** Whether work is under way for the session. */
  isBusy(session: string): boolean;
  /** Aborts everything and waits for it. */
  close(): Promise<void>;
}

type Work = (signal: AbortSignal) => Promise<void>;

/** `onError` is told what failed, but not what was aborted: whoever aborted it knows. */
export function jobs(onError: (session: string, error: unknown) => void): Jobs {
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  let closed = false;

  async function run(session: string, work: Work): Promise<void> {
    if (closed) return;
    const before = running.get(session);
    const abort = new AbortController();
    const done = (async () => {
      before?.abort.abort(new Error('replaced by a later request'));
      await before?.done;
      if (abort.signal.aborted) return;
      await work(abort.signal);
    })()
      .catch((error: unknown) => {
        if (!abort.signal.aborted) onError(session, error);
      })
      .finally(() => {
        if (running.get(session)?.abort === abort) running.delete(session);
      });
    running.set(session, { abort, done });
    await done;
  }

  return {
    run,
    runIfIdle: async (session, work) => (running.has(session) ? undefined : await run(session, work)),
    isBusy: (session) => running.has(session),
    async close() {
      closed = true;
      for (const { abort } of running.values()) abort.abort(new Error('the server is stopping'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
