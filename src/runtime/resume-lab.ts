import { ClusterError } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishPhases, publishSession, refOf } from './context.ts';
import { declareCrashed } from './crash-lab.ts';
import { freeze, pausedForStop } from './pause-lab.ts';
import { asProblem, Problem } from './problem.ts';
import { resumeEpoch, resumePhase } from './resume-phase.ts';
import { lasting, tell } from './tell.ts';

const lookMilliseconds = 10_000;
/** A resume that is older than this, and still not done, died with its server too often to be tried again by itself. */
const resumeLimit = 5 * 60_000;

/**
 * Lets a paused lab go on, in the background; resuming twice is resuming once. Its row says `ready` only when it is: until then its
 * one phase, which is there before any container moves, says what is under way.
 */
export async function resumeLab(context: Context, session: LabSession): Promise<LabSession> {
  const { store, provider, jobs } = context;
  if (session.state === 'ready') return session;
  if (session.state !== 'paused') throw new Problem(409, 'not-now', `The lab is ${session.state}; only a paused lab can be resumed.`);
  if (jobs.isBusy(session.id) && (await isResuming(context, session))) return session;
  if ((await provider.condition(refOf(context, session), AbortSignal.timeout(lookMilliseconds))) === 'gone') {
    await declareCrashed(context, session, 'Its containers were removed or stopped while it was paused.');
    return (await store.sessions.get(session.id)) ?? session;
  }
  const epoch = resumeEpoch(session);
  await store.phases.plan(session.id, epoch, [resumePhase]);
  await store.phases.begin(session.id, epoch, resumePhase.id);
  await publishPhases(context, session);
  resumeInBackground(context, session);
  return session;
}

/** Its page is there: a lab that was paused only because the site stopped goes on. One that cannot stays paused, with a button to try. */
export async function comeBack(context: Context, session: LabSession): Promise<void> {
  if (session.state !== 'paused' || session.reason?.code !== pausedForStop.code || !context.settings.engine) return;
  await resumeLab(context, session).catch((error: unknown) =>
    context.log.warn({ err: error, session: session.id }, 'a lab does not go on by itself'),
  );
}

/** Whether somebody asked for a resume that has not come to its end. */
export async function isResuming({ store }: Context, session: LabSession): Promise<boolean> {
  const [phase] = await store.phases.list(session.id, resumeEpoch(session));
  if (phase?.state !== 'running') return false;
  const asked = Date.parse(phase.startedAt ?? '');
  // One of before this pause is over, whatever its phase says.
  return asked >= Date.parse(session.changedAt) && Date.now() - asked < resumeLimit;
}

export function resumeInBackground(context: Context, session: LabSession): void {
  void context.jobs.run(session.id, (signal) => goOn(context, session, signal));
}

async function goOn(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, provider, log } = context;
  const row = await store.sessions.get(session.id);
  if (row?.state !== 'paused' || row.epoch !== session.epoch) return;
  context.pool.standAside();
  const epoch = resumeEpoch(row);
  const began = performance.now();
  // Details come while the containers wake up; each is written after the one before.
  let told = Promise.resolve();
  const report = (detail: string) => {
    told = told
      .then(() => store.phases.detail(row.id, epoch, resumePhase.id, detail))
      .then(() => publishPhases(context, row))
      .catch((error: unknown) => log.warn({ err: error, session: row.id }, 'a phase could not be written'));
  };
  try {
    const { missing } = await provider.resume(refOf(context, row), { report, pausedFor: Date.now() - Date.parse(row.changedAt) }, signal);
    await told;
    const milliseconds = performance.now() - began;
    await watchAgain(context, row, signal);
    // Or it would be idle since before the pause.
    await store.sessions.touch(row.id);
    const ready = await store.sessions.move(row.id, 'resume');
    // Not sooner: a server that dies in between would leave the lab paused, and nobody would know that it was to go on.
    await store.phases.end(row.id, epoch, resumePhase.id, milliseconds);
    if (!ready) return;
    publishSession(context, ready);
    const away = lasting(Date.parse(ready.changedAt) - Date.parse(row.changedAt));
    await tell(context, ready, 'resumed', [`The lab goes on, after a pause of ${away}.`, ...missing].join(' '));
  } catch (error) {
    await told;
    if (signal.aborted) throw error;
    log.warn({ err: error, session: row.id }, 'a lab could not be resumed');
    const { message, advice } = asProblem(error);
    await store.phases.fail(row.id, epoch, resumePhase.id, [message, advice].filter(Boolean).join(' '));
    await publishPhases(context, row);
    if (error instanceof ClusterError && error.code === 'gone') await declareCrashed(context, row, message);
    else await freeze(context, row, signal);
  }
}

/** Its journal begins again with a gap. A lab that cannot be watched yet is one that can be worked in: the reconciler tries again. */
async function watchAgain(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const access = await context.provider.open(refOf(context, session), signal);
  if (access === null) throw new ClusterError('gone', 'A part of this lab stopped while it was being resumed.');
  try {
    await context.watches.begin(session, access);
  } catch (error) {
    context.log.warn({ err: error, session: session.id }, 'a resumed lab is not watched yet');
  }
}
