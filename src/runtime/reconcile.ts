import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError, type ContainerEvent, type LabAccess } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishSession, refOf } from './context.ts';
import { declareCrashed } from './crash-lab.ts';
import { clearAway, clearInstance } from './end-lab.ts';
import { freeze } from './pause-lab.ts';
import { isResuming, resumeInBackground } from './resume-lab.ts';
import { mendSpare } from './spares.ts';
import { tell } from './tell.ts';

/** A start that is still not done after this long is given up, so that a start which kills the server cannot do so for ever. */
const startLimit = 15 * 60_000;
const roundMilliseconds = 60_000;
const firstRetryMilliseconds = 2_000;

/**
 * Mends rows from containers and containers from rows, once. Sessions with work under way are left to that work, and what
 * cannot be mended does not keep the rest from it. Objects that are not labelled with this instance are never looked at.
 */
export async function reconcile(context: Context, signal: AbortSignal): Promise<void> {
  const { store, provider, settings, log } = context;
  for (const session of await store.sessions.listLive()) await mend(context, session, signal);
  // Instances first: one that is admitted in between then has its session in the second list.
  const instances = await store.instances.list();
  const held = new Set((await store.sessions.listLive()).map((session) => session.instance));
  for (const instance of instances.filter(({ id }) => !held.has(id))) {
    if (instance.intent === 'spare') await mendSpare(context, instance, signal);
    else await clearInstance(context, instance.id);
  }
  const known = new Set(instances.map(({ id }) => id));
  for (const found of await provider.find(settings.instance, signal)) {
    if (known.has(found.lab) || (await store.instances.get(found.lab))) continue;
    log.warn({ lab: found.lab }, 'containers without a row are removed');
    await provider.remove({ instance: settings.instance, lab: found.lab }, signal);
  }
}

/** Mends one session, as the only work on it, if it still is what the list said. Clearing away goes on in the background, and making in its turn. */
async function mend(context: Context, listed: LabSession, outer: AbortSignal): Promise<void> {
  if (listed.state === 'queued' || (listed.state === 'starting' && !isOverdue(context, listed))) {
    if (!context.jobs.isBusy(listed.id)) await context.admission.enter(listed);
    return;
  }
  const mended = context.jobs.runIfIdle(listed.id, async (signal) => {
    const session = await context.store.sessions.get(listed.id);
    if (session === null || session.state !== listed.state || session.epoch !== listed.epoch) return;
    await mendNow(context, session, AbortSignal.any([signal, outer]));
  });
  if (listed.state !== 'ending') await mended;
}

/** Whether a start has taken too long, not counting the time in line. */
function isOverdue({ admission }: Context, { id, changedAt }: LabSession): boolean {
  return Date.now() - Date.parse(changedAt) > startLimit && admission.place(id) === null;
}

async function mendNow(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, provider } = context;
  switch (session.state) {
    case 'starting': {
      const reason = { code: 'interrupted', message: 'The server stopped while it made this lab, and too much time has passed.' };
      const running = (await store.phases.list(session.id, session.epoch)).findLast(({ state }) => state === 'running');
      if (running) await store.phases.fail(session.id, session.epoch, running.id, reason.message);
      const failed = await store.sessions.move(session.id, 'fail', { reason });
      if (!failed) return;
      publishSession(context, failed);
      await tell(context, failed, 'failed', `The lab could not be started: ${reason.message}`);
      return;
    }
    case 'ready': {
      const access = await openAwake(context, session, signal);
      if (access) await context.watches.begin(session, access);
      else await declareCrashed(context, session, 'The containers of this lab are gone or no longer run.');
      return;
    }
    case 'paused':
      await keepPaused(context, session, signal);
      return;
    case 'ending':
      await clearAway(context, session, signal);
      return;
    case 'failed':
      // What a start could not clear away because the engine was gone.
      if (session.instance !== null) await provider.remove({ instance: context.settings.instance, lab: session.instance }, signal);
      return;
    case 'queued':
    case 'crashed':
    case 'ended':
      return;
  }
}

/** The lab of a session that is ready; what somebody paused behind our back goes on. Null when it is lost. */
async function openAwake(context: Context, session: LabSession, signal: AbortSignal): Promise<LabAccess | null> {
  const { provider } = context;
  const ref = refOf(context, session);
  const access = await provider.open(ref, signal);
  if (access) return access;
  const condition = await provider.condition(ref, signal);
  if (condition === 'gone') return null;
  if (condition !== 'running') {
    try {
      await provider.resume(ref, { report: () => {}, pausedFor: 0 }, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ClusterError) || error.code !== 'gone') throw error;
      return null;
    }
    await tell(context, session, 'mended', 'A part of this lab had been paused from outside. It goes on again.');
  }
  return await provider.open(ref, signal);
}

/** A resume that was cut off is taken up; what runs although it should not is frozen; what is lost is said to be. */
async function keepPaused(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const condition = await context.provider.condition(refOf(context, session), signal);
  if (condition === 'gone') return await declareCrashed(context, session, 'Its containers were removed or stopped while it was paused.');
  if (await isResuming(context, session)) return resumeInBackground(context, session);
  if (condition === 'paused') return;
  await freeze(context, session, signal);
  // A pause that was cut off a moment ago is only finished.
  const isOld = Date.now() - Date.parse(session.changedAt) > roundMilliseconds;
  if (isOld) await tell(context, session, 'mended', 'The lab ran although it is paused. It was paused again.');
}

/**
 * Follows the engine's events and looks around every minute, until the signal fires. The engine may come and go:
 * that it went is said once, and that it came back.
 */
export async function keepReconciled(context: Context, signal: AbortSignal): Promise<void> {
  const { log } = context;
  let away = false;
  let retry = firstRetryMilliseconds;
  const here = () => {
    if (away) log.info('labs and engine are compared again');
    away = false;
    retry = firstRetryMilliseconds;
  };
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      here();
    } catch (error) {
      if (signal.aborted) return;
      log[away ? 'debug' : 'warn']({ err: error }, 'labs cannot be compared with the engine; trying again');
      away = true;
      retry = Math.min(retry * 2, roundMilliseconds);
    }
  };
  const rounds = async () => {
    while (!signal.aborted) {
      await delay(roundMilliseconds, undefined, { signal });
      if (!away) await attempt(() => reconcile(context, signal));
    }
  };
  const events = async () => {
    while (!signal.aborted) {
      await attempt(async () => {
        await reconcile(context, signal);
        here();
        await followEvents(context, signal);
      });
      await delay(retry, undefined, { signal });
    }
  };
  await Promise.allSettled([rounds(), events()]);
}

const losses = new Set<ContainerEvent['action']>(['die', 'oom', 'destroy']);

/**
 * Declares labs lost as their containers stop, and mends those that somebody pauses or resumes behind our back. A command that ran
 * out of memory is no loss; that its container then stopped is.
 */
async function followEvents(context: Context, signal: AbortSignal): Promise<void> {
  const { store, provider, settings, jobs } = context;
  const starved = new Set<string>();
  for await (const event of provider.watch(settings.instance, signal)) {
    if (event.action === 'start') continue;
    const part = `${event.lab} ${event.epoch} ${event.part}`;
    if (event.action === 'oom') starved.add(part);
    const listed = (await store.sessions.listLive()).find(({ instance }) => instance === event.lab);
    if (listed === undefined && losses.has(event.action))
      void jobs.runIfIdle(`spare ${event.lab}`, (own) => mendSpare(context, { id: event.lab }, own));
    if (listed === undefined || listed.instanceEpoch !== event.epoch || !(listed.state === 'ready' || listed.state === 'paused')) continue;
    if (!losses.has(event.action)) {
      // What it waits for must not hold up the news of other labs.
      void mend(context, listed, signal);
      continue;
    }
    await jobs.runIfIdle(listed.id, async (own) => {
      if ((await provider.condition(refOf(context, listed), AbortSignal.any([own, signal]))) !== 'gone') return;
      await declareCrashed(context, listed, `A part of this lab (${event.part}) ${starved.has(part) ? 'ran out of memory' : 'stopped'}.`);
    });
  }
}
