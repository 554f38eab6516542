import { gradeWatched, storeGraded } from './check-lab.ts';
import type { Context } from './context.ts';
import type { CheckResult } from './hub.ts';

/** Judging without a press of Check: when a witness saw something, and while a task is not yet what it should become. */
export interface LiveChecks {
  /** Something that a witness names has changed. */
  changed(session: string): void;
  /** Verdicts were told; those that said `not-yet` are judged again by and by. */
  after(session: string, results: readonly Pick<CheckResult, 'verdict'>[]): void;
  close(): Promise<void>;
}

const soonMilliseconds = 200;
const settlingMilliseconds = 4_000;
const roundMilliseconds = 30_000;

/** Stores and tells only what turned (design §6): no attempt is made of a verdict that says what the last one said. */
export function liveChecks(context: () => Context): LiveChecks {
  const stop = new AbortController();
  const waiting = new Map<string, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();

  function plan(session: string, milliseconds: number): void {
    if (stop.signal.aborted || waiting.has(session)) return;
    const timer = setTimeout(() => {
      waiting.delete(session);
      const { log } = context();
      const round = judgeTurns(context(), session, AbortSignal.any([stop.signal, AbortSignal.timeout(roundMilliseconds)]))
        .then((isSettling) => isSettling && plan(session, settlingMilliseconds))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) log.warn({ err: error, session }, 'a lab could not be judged by itself');
        })
        .then(() => void running.delete(round));
      running.add(round);
    }, milliseconds);
    waiting.set(session, timer);
  }

  return {
    changed: (session) => plan(session, soonMilliseconds),
    after: (session, results) => {
      if (results.some(({ verdict }) => verdict.status === 'not-yet')) plan(session, settlingMilliseconds);
    },
    async close() {
      stop.abort(new Error('the server is stopping'));
      for (const timer of waiting.values()) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

/** Judges all tasks once; answers whether one is still settling. */
async function judgeTurns(context: Context, id: string, signal: AbortSignal): Promise<boolean> {
  const { store, watches } = context;
  const session = await store.sessions.get(id);
  const watch = await watches.get(id);
  if (session?.state !== 'ready' || watch === undefined) return false;
  const told = new Map((await store.attempts.latest(id, session.epoch)).map(({ task, verdict }) => [task, verdict.status]));
  const graded = await gradeWatched(context, session, watch, undefined, signal);
  for (const one of graded) {
    const { status } = one.verdict;
    const before = told.get(one.task.id);
    const isNews = before === undefined ? status === 'passed' : status !== before && status !== 'cannot-check';
    if (isNews) await storeGraded(context, session, watch, one, 'turn');
  }
  return graded.some(({ task, verdict }) => verdict.status === 'not-yet' && told.has(task.id));
}
