import type { GradedTask } from '#grading/grader.ts';
import type { LabSession } from '#store/port.ts';
import { type Bucket, bucket } from './bucket.ts';
import { type Context, labOf, refOf } from './context.ts';
import { type Answers, handIn } from './grade/answers.ts';
import { type Graded, gradeLab } from './grade/grade-lab.ts';
import type { CheckResult } from './hub.ts';
import { Problem } from './problem.ts';
import { inTurn } from './trial/in-turn.ts';
import { trialMilliseconds, trier } from './trial/trier.ts';
import type { Watch } from './watch-progress.ts';

const checkMilliseconds = 30_000;
const leftMilliseconds = 5_000;

/**
 * Judges one task, or all, as the lab is now, and stores each attempt with its evidence before it answers. What the learner typed
 * is kept first. A verdict that was answered cannot be lost. Whoever asks the same while it is being judged gets the same answer.
 */
export async function checkLab(
  context: Context,
  session: LabSession,
  task: string | undefined,
  answers: Answers = {},
): Promise<readonly CheckResult[]> {
  const lab = labOf(context, session.lab);
  if (session.state === 'paused') throw new Problem(409, 'paused', 'The lab is paused.', { advice: 'Resume it, then check again.' });
  if (session.state !== 'ready') throw new Problem(409, 'not-ready', `The lab is ${session.state}; a check needs it ready.`);
  const tasks = lab.file.tasks.filter(({ id }) => task === undefined || id === task);
  if (tasks.length === 0) throw new Problem(400, 'no-such-task', `task: this lab has no task "${task}".`, { field: 'task' });
  const watch = await watchOf(context, session, AbortSignal.timeout(checkMilliseconds));
  const question = JSON.stringify([task ?? null, answers]);
  if (!watch.checking.has(question)) takeTurn(watch);
  await inTurn(watch.checking, () => handIn(context.store.journal, session, tasks, answers));
  const checking =
    watch.checking.get(question) ??
    judgeAndStore(context, session, watch, task).finally(() => {
      watch.checking.delete(question);
    });
  watch.checking.set(question, checking);
  return await checking;
}

const turns = new WeakMap<Watch, Bucket>();

/** Each check is stored for good. Throws a 429 for one that comes too soon after many others. */
function takeTurn(watch: Watch): void {
  const ofLab = turns.get(watch) ?? bucket({ burst: 20, every: 2_000 });
  turns.set(watch, ofLab);
  if (ofLab.take()) return;
  throw new Problem(429, 'too-many-checks', 'This lab was checked very often just now; check it again in a moment.', { retryAfter: 2 });
}

async function judgeAndStore(
  context: Context,
  session: LabSession,
  watch: Watch,
  task: string | undefined,
): Promise<readonly CheckResult[]> {
  const graded = await gradeWithTrials(context, session, watch, task);
  const results: CheckResult[] = [];
  for (const one of graded) results.push(await storeGraded(context, session, watch, one, 'check'));
  await context.store.sessions.touch(session.id);
  context.live.after(session.id, results);
  return results;
}

/** One round of looking and judging, without trials. Waits while a trial is under way: what it does to the lab is not the learner's. */
export function gradeWatched(context: Context, session: LabSession, watch: Watch, task: string | undefined, signal: AbortSignal) {
  const work = () => gradeLab({ ...gradingOf(context, session, watch, task), signal });
  return watch.grader.tasks.some(changes) ? inTurn(watch.observer, work) : work();
}

/** As when Check is pressed: tasks that hold by themselves are tried, with the time that takes. */
async function gradeWithTrials(context: Context, session: LabSession, watch: Watch, task: string | undefined) {
  const grading = gradingOf(context, session, watch, task);
  const limit = checkMilliseconds + trialMilliseconds(grading.tasks);
  if (!watch.grader.tasks.some(changes)) return await withTrier(AbortSignal.timeout(limit));
  const graded = await inTurn(watch.observer, async () => {
    // Whatever becomes of it: what is still left hides what witnesses saw since, and is tried again later.
    await watch.left
      .takeBack(AbortSignal.timeout(leftMilliseconds))
      .catch((err: unknown) => context.log.warn({ err, session: session.id }));
    return await withTrier(AbortSignal.timeout(limit));
  });
  context.live.changed(session.id);
  return graded;

  async function withTrier(signal: AbortSignal) {
    if (grading.tasks.every(({ trial }) => trial === null)) return await gradeLab({ ...grading, signal });
    const { observer, journal } = grading;
    const { provider } = context;
    const rules = labOf(context, session.lab).file.prober;
    const hands = trier({ provider, access: watch.access, observer, journal, session: grading.session, rules, settled: grading.witness });
    try {
      return await gradeLab({ ...grading, trier: hands, signal });
    } finally {
      await hands.close();
    }
  }
}

function gradingOf(context: Context, session: LabSession, watch: Watch, task: string | undefined) {
  return {
    observer: watch.observer,
    journal: context.store.journal,
    session: { id: session.id, epoch: session.epoch },
    tasks: watch.grader.tasks.filter(({ id }) => task === undefined || id === task),
    disturbing: watch.grader.tasks,
    settling: watch.settling,
    witness: watch.watching.look,
  };
}

/** Whether a task's trials change the lab for a while. */
const changes = ({ trial }: GradedTask) => Object.values(trial?.observe ?? {}).some(({ request }) => request.kind === 'trial.change');

/** Stores an attempt, durably and together with what keeps its task passed, and tells the session's pages. */
export async function storeGraded(
  context: Context,
  session: LabSession,
  watch: Watch,
  { task, verdict, evidence, passed }: Graded,
  cause: 'check' | 'turn',
): Promise<CheckResult> {
  const attempt = {
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
  };
  const { id, at: savedAt } = await context.store.attempts.record(attempt, passed);
  const result = { task: task.id, verdict, savedAt, cause, attempt: id };
  context.hub.publish(session.id, { type: 'verdict', data: result });
  return result;
}

async function watchOf(context: Context, session: LabSession, signal: AbortSignal): Promise<Watch> {
  const kept = context.watches.get(session.id, session.epoch);
  if (kept) return await kept;
  const access = await context.provider.open(refOf(context, session), signal);
  if (!access) throw new Problem(503, 'gone', 'The containers of this lab cannot be reached at the moment.', { retryAfter: 5 });
  const now = await context.store.sessions.get(session.id);
  if (now?.epoch !== session.epoch || now.state !== 'ready') throw new Problem(409, 'not-ready', 'The lab was reset or ended meanwhile.');
  return await context.watches.begin(session, access);
}
