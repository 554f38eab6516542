import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerEvent } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishSession, refOf } from './context.ts';
import { clearAway } from './end-lab.ts';
import { makeLab } from './make-lab.ts';
import { admit } from './start-lab.ts';

/** A start that is still not done after this long is given up, so that a start which kills the server cannot do so for ever. */
const startLimit = 15 * 60_000;
const everyMilliseconds = 60_000;

/**
 * Mends rows from containers and containers from rows, once. Sessions with work under way are left to that work;
 * objects that are not labelled with this instance are never looked at.
 */
export async function reconcile(context: Context, signal: AbortSignal): Promise<void> {
  const { store, provider, settings, jobs, log } = context;
  const sessions = await store.sessions.listLive();
  for (const session of sessions) if (!jobs.busy(session.id)) await mendSession(context, session, signal);
  const held = new Set((await store.sessions.listLive()).map((session) => session.instance));
  const instances = await store.instances.list();
  const known = new Set(instances.map((instance) => instance.id));
  for (const instance of instances.filter((instance) => !held.has(instance.id))) {
    await provider.remove({ instance: settings.instance, lab: instance.id }, signal);
    await store.instances.forget(instance.id);
  }
  for (const found of await provider.find(settings.instance, signal)) {
    if (known.has(found.lab) || (await store.instances.get(found.lab))) continue;
    log.warn({ lab: found.lab }, 'containers without a row are removed');
    await provider.remove({ instance: settings.instance, lab: found.lab }, signal);
  }
}

async function mendSession(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, provider, jobs } = context;
  const job = (work: (signal: AbortSignal) => Promise<void>) => void jobs.run(session.id, work);
  switch (session.state) {
    case 'queued':
      await admit(context, session);
      return;
    case 'starting': {
      if (Date.now() - Date.parse(session.changedAt) < startLimit) {
        job((signal) => makeLab(context, session, signal));
        return;
      }
      const reason = { code: 'interrupted', message: 'The server stopped while it made this lab, and too much time has passed.' };
      const failed = await store.sessions.move(session.id, 'fail', { reason });
      if (failed) publishSession(context, failed);
      return;
    }
    case 'ready': {
      const access = await provider.open(refOf(context, session), signal);
      if (access) await context.watches.begin(session, access);
      else await declareCrashed(context, session, 'The containers of this lab are gone or no longer run.');
      return;
    }
    case 'ending':
      job((signal) => clearAway(context, session, signal));
      return;
    case 'failed':
      // What a start could not clear away because the engine was gone.
      if (session.instance !== null) await provider.remove({ instance: context.settings.instance, lab: session.instance }, signal);
      return;
    case 'paused':
    case 'crashed':
    case 'ended':
      return;
  }
}

async function declareCrashed(context: Context, session: LabSession, message: string): Promise<void> {
  const reason = { code: 'lost', message, advice: 'Begin the lab again; what you already passed stays passed.' };
  const crashed = await context.store.sessions.move(session.id, 'crash', { reason });
  if (!crashed) return;
  await context.watches.end(session.id);
  publishSession(context, crashed);
}

/** Follows the engine's events and looks around every minute, until the signal fires. The engine may come and go. */
export async function keepReconciled(context: Context, signal: AbortSignal): Promise<void> {
  const { log } = context;
  const rounds = async () => {
    while (!signal.aborted) {
      await delay(everyMilliseconds, undefined, { signal });
      await attempt(() => reconcile(context, signal));
    }
  };
  const events = async () => {
    while (!signal.aborted) {
      await attempt(async () => {
        await reconcile(context, signal);
        for await (const event of context.provider.watch(context.settings.instance, signal)) await onEvent(context, event, signal);
      });
      await delay(2_000, undefined, { signal });
    }
  };
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'could not compare labs with the engine; trying again');
    }
  };
  await Promise.allSettled([rounds(), events()]);
}

const losses = new Set<ContainerEvent['action']>(['die', 'oom', 'destroy']);

async function onEvent(context: Context, event: ContainerEvent, signal: AbortSignal): Promise<void> {
  if (!losses.has(event.action)) return;
  const session = (await context.store.sessions.listLive()).find((session) => session.instance === event.lab);
  if (!session || session.epoch !== event.epoch || session.state !== 'ready' || context.jobs.busy(session.id)) return;
  if (event.action === 'oom') {
    await declareCrashed(context, session, `A part of this lab (${event.part}) ran out of memory.`);
  } else if ((await context.provider.open(refOf(context, session), signal)) === null) {
    await declareCrashed(context, session, `A part of this lab (${event.part}) stopped.`);
  }
}
