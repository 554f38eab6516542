import type { LabSession } from '#store/port.ts';
import { type Context, labOf, refOf } from './context.ts';
import { type Graded, gradeLab } from './grade/grade-lab.ts';
import type { CheckResult } from './hub.ts';
import { Problem } from './problem.ts';
import type { Watch } from './watch-progress.ts';

const checkMilliseconds = 30_000;

/**
 * Judges one task, or all, as the lab is now, and stores each attempt with its evidence before it answers.
 * A verdict that was answered cannot be lost. Whoever asks the same while it is being judged gets the same answer.
 */
export async function checkLab(context: Context, session: LabSession, task: string | undefined): Promise<readonly CheckResult[]> {
  const lab = labOf(context, session.lab);
  if (session.state !== 'ready') throw new Problem(409, 'not-ready', `The lab is ${session.state}; a check needs it ready.`);
  if (task !== undefined && !lab.file.tasks.some(({ id }) => id === task)) {
    throw new Problem(400, 'no-such-task', `task: this lab has no task "${task}".`, { field: 'task' });
  }
  const watch = await watchOf(context, session, AbortSignal.timeout(checkMilliseconds));
  const question = task ?? 'all tasks';
  const checking =
    watch.checking.get(question) ??
    judgeAndStore(context, session, watch, task).finally(() => {
      watch.checking.delete(question);
    });
  watch.checking.set(question, checking);
  return await checking;
}

async function judgeAndStore(
  context: Context,
  session: LabSession,
  watch: Watch,
  task: string | undefined,
): Promise<readonly CheckResult[]> {
  const graded = await gradeWatched(context, session, watch, task, AbortSignal.timeout(checkMilliseconds));
  const results: CheckResult[] = [];
  for (const one of graded) results.push(await storeGraded(context, session, watch, one, 'check'));
  await context.store.sessions.touch(session.id);
  context.live.after(session.id, results);
  return results;
}

/** One round of looking and judging. */
export function gradeWatched(context: Context, session: LabSession, watch: Watch, task: string | undefined, signal: AbortSignal) {
  return gradeLab({
    observer: watch.observer,
    journal: context.store.journal,
    session: { id: session.id, epoch: session.epoch },
    tasks: watch.grader.tasks.filter(({ id }) => task === undefined || id === task),
    settling: watch.settling,
    witness: watch.watching.look,
    signal,
  });
}

/** Stores an attempt, durably, and tells the session's pages. */
export async function storeGraded(
  context: Context,
  session: LabSession,
  watch: Watch,
  { task, verdict, evidence }: Graded,
  cause: 'check' | 'turn',
): Promise<CheckResult> {
  const attempt = await context.store.attempts.record({
    session: session.id,
    person: session.person,
    lab: session.lab,
    task: task.id,
    cause,
    at: evidence.at,
    epoch: session.epoch,
    labVersion: session.labVersion,
    graderVersion: watch.grader.version,
    kubernetesVersion: watch.access.clusters[0]?.kubernetesVersion ?? 'unknown',
    points: task.points,
    verdict,
    evidence,
  });
  const result = { task: task.id, verdict, savedAt: attempt.at, cause, attempt: attempt.id };
  context.hub.publish(session.id, { type: 'verdict', data: result });
  return result;
}

async function watchOf(context: Context, session: LabSession, signal: AbortSignal): Promise<Watch> {
  const kept = context.watches.get(session.id);
  if (kept) return await kept;
  const access = await context.provider.open(refOf(context, session), signal);
  if (!access) throw new Problem(503, 'gone', 'The containers of this lab cannot be reached at the moment.', { retryAfter: 5 });
  return await context.watches.begin(session, access);
}
