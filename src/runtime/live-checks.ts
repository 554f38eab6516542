import type { GradedTask } from '#grading/grader.ts';
import { isWaitingForTrial } from '#grading/judge.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { LabSession } from '#store/port.ts';
import { type Bucket, bucket } from './bucket.ts';
import { storeGraded } from './check-lab.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import { type Graded, gradeLab } from './grade/grade-lab.ts';
import type { CheckResult } from './hub.ts';
import { type Judged, type LiveLab, liveLab } from './live-lab.ts';
import type { Round } from './observe/observer.ts';
import { tell } from './tell.ts';
import type { Watch } from './watch-progress.ts';

/** Judging without a press of Check: when something behind a task changes, and while a task is not yet what it should become. */
export interface LiveChecks {
  /** A lab is watched from here on. */
  began(session: string, watch: Watch): void;
  /** It no longer is. Waits for what is under way. */
  ended(session: string): Promise<void>;
  /** Something that these tasks look at, or all, has changed. */
  changed(session: string, tasks?: readonly string[]): void;
  /** A press of Check was answered; what is `not-yet` is judged again by and by. */
  after(session: string, results: readonly Pick<CheckResult, 'task' | 'verdict'>[]): void;
  close(): Promise<void>;
}

interface Lab {
  live: LiveLab;
  /** When a press of Check was last answered. */
  checkedAt: number;
  /** By task: what bounds the attempts that are made of its turns. */
  turns: Map<string, Bucket>;
}

/** A task may turn so often at once, and once in so many milliseconds after that; meanwhile only its newest state is waited for. */
const turnsKept = { burst: 20, every: 30_000 };

/** Stores and tells only what turned (design §6): no attempt is made of a verdict that says what the last one said. */
export function liveChecks(context: () => Context, clock: Clock = systemClock): LiveChecks {
  const labs = new Map<string, Lab>();
  let unsubscribe: (() => void) | undefined;

  return {
    began(session, watch) {
      const { hub, log } = context();
      unsubscribe ??= hub.onAudience((id, isPresent) => labs.get(id)?.live.present(isPresent));
      const lab: Lab = {
        checkedAt: 0,
        turns: new Map(),
        live: liveLab({
          observer: watch.observer,
          tasks: watch.grader.tasks,
          clock,
          judge: (task, round, signal) => judgeTurn(context(), session, { watch, lab, task, round, signal, clock }),
          onError: (err) => log.warn({ err, session }, 'a task could not be judged by itself'),
        }),
      };
      labs.set(session, lab);
      lab.live.present(hub.hasAudience(session));
    },
    async ended(session) {
      const lab = labs.get(session);
      labs.delete(session);
      await lab?.live.close();
    },
    changed: (session, tasks) => labs.get(session)?.live.mark(tasks),
    after(session, results) {
      const lab = labs.get(session);
      if (lab === undefined) return;
      lab.checkedAt = clock.now();
      lab.live.later(results.filter(({ verdict }) => isSettling(verdict)).map(({ task }) => task));
    },
    async close() {
      unsubscribe?.();
      const open = [...labs.values()];
      labs.clear();
      await Promise.all(open.map(({ live }) => live.close()));
    },
  };
}

interface Turn {
  watch: Watch;
  lab: Lab;
  task: GradedTask;
  round: Round;
  signal: AbortSignal;
  clock: Clock;
}

async function judgeTurn(context: Context, id: string, { watch, lab, task, round, signal, clock }: Turn): Promise<Judged> {
  const { store } = context;
  // What a press of Check tries in a lab is no work of the learner's, and its verdict is the newer one.
  const isDisturbed = (since: number) => watch.checking.size > 0 || lab.checkedAt >= since;
  const begun = clock.now();
  if (isDisturbed(Number.POSITIVE_INFINITY)) return 'again';
  const session = await store.sessions.get(id);
  if (session?.state !== 'ready') return 'done';
  const [graded] = await gradeLab({
    observer: watch.observer,
    journal: store.journal,
    session: { id, epoch: session.epoch },
    tasks: [task],
    disturbing: watch.grader.tasks,
    settling: watch.settling,
    witness: async () => round,
    signal,
  });
  const told = (await store.attempts.latest(id, session.epoch)).find((latest) => latest.task === task.id)?.verdict;
  if (graded === undefined || isDisturbed(begun)) return 'again';
  if (isNews(told, graded.verdict)) {
    const turns = lab.turns.get(task.id) ?? bucket(turnsKept, clock);
    lab.turns.set(task.id, turns);
    if (!turns.take()) return 'settling';
    await storeGraded(context, session, watch, graded, 'turn');
    await tell(context, session, 'turned', turnOf(context, session, graded));
  }
  if (graded.verdict.status === 'passed' && task.lasts === 'once') return 'over';
  return told !== undefined && isSettling(graded.verdict) ? 'settling' : 'done';
}

function turnOf(context: Context, session: LabSession, { task, verdict: { status } }: Graded): string {
  const title = context.course.labs[session.lab]?.file.tasks.find(({ id }) => id === task.id)?.title ?? task.id;
  if (status === 'passed') return `The task “${title}” passed by itself.`;
  return status === 'wrong' ? `The task “${title}” is no longer as it should be.` : `The task “${title}” is on its way again.`;
}

const isSettling = (verdict: Verdict) => verdict.status === 'not-yet' && !isWaitingForTrial(verdict);

/** Whether a verdict says something else than what was told: before anything was told, only that a task is passed. */
function isNews(told: Verdict | undefined, { status, findings }: Verdict): boolean {
  if (told === undefined) return status === 'passed';
  // A task that its trial once passed holds as well as before; only another trial could tell more.
  if (told.status === 'passed' && isWaitingForTrial({ status, findings })) return false;
  return status !== told.status && status !== 'cannot-check';
}
