import type { LabSession } from '#store/port.ts';
import { type Context, labOf, refOf } from './context.ts';
import { gradeLab } from './grade/grade-lab.ts';
import type { CheckResult } from './hub.ts';
import { Problem } from './problem.ts';
import type { Watch } from './watch-progress.ts';

const checkMilliseconds = 30_000;

/**
 * Judges one task, or all, as the lab is now, and stores each attempt with its evidence before it answers.
 * An attempt whose evidence was made cannot be lost: it is stored durably, or this throws.
 */
export async function checkLab(
  context: Context,
  session: LabSession,
  task: string | undefined,
  outer: AbortSignal,
): Promise<CheckResult[]> {
  const { store, hub } = context;
  const lab = labOf(context, session.lab);
  if (session.state !== 'ready') throw new Problem(409, 'not-ready', `The lab is ${session.state}; a check needs it ready.`);
  if (task !== undefined && !lab.file.tasks.some(({ id }) => id === task)) {
    throw new Problem(400, 'no-such-task', `task: this lab has no task "${task}".`, { field: 'task' });
  }
  const signal = AbortSignal.any([outer, AbortSignal.timeout(checkMilliseconds)]);
  const watch = await watchOf(context, session, signal);
  const graded = await gradeLab({
    observer: watch.observer,
    journal: store.journal,
    session: { id: session.id, epoch: session.epoch },
    tasks: watch.grader.tasks.filter(({ id }) => task === undefined || id === task),
    settling: watch.settling,
    witness: watch.watching.look,
    signal,
  });
  const results: CheckResult[] = [];
  for (const { task, verdict, evidence } of graded) {
    const attempt = await store.attempts.record({
      session: session.id,
      person: session.person,
      lab: session.lab,
      task: task.id,
      cause: 'check',
      at: evidence.at,
      epoch: session.epoch,
      labVersion: session.labVersion,
      graderVersion: watch.grader.version,
      kubernetesVersion: watch.access.clusters[0]?.kubernetesVersion ?? 'unknown',
      points: task.points,
      verdict,
      evidence,
    });
    const result = { task: task.id, verdict, savedAt: attempt.at, attempt: attempt.id };
    results.push(result);
    hub.publish(session.id, { type: 'verdict', data: result });
  }
  await store.sessions.touch(session.id);
  return results;
}

async function watchOf(context: Context, session: LabSession, signal: AbortSignal): Promise<Watch> {
  const kept = context.watches.get(session.id);
  if (kept) return await kept;
  const access = await context.provider.open(refOf(context, session), signal);
  if (!access) throw new Problem(503, 'gone', 'The containers of this lab cannot be reached at the moment.', { retryAfter: 5 });
  return await context.watches.begin(session, access);
}
