import { ClusterError } from '#cluster/port.ts';
import type { StartWay } from '#lab/session.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishSession } from './context.ts';
import { clearInstance } from './end-lab.ts';
import { reasonOf } from './problem.ts';
import { recordPhases } from './record-phases.ts';
import { briefly, tell } from './tell.ts';
import { type Made, makeByWay } from './ways.ts';

/**
 * Makes the lab of a session in state `starting` and moves it on to `ready`, or to `failed` with the reason. It can run again after a
 * crash at any point. Does nothing when the row says otherwise by now. An abort leaves the row as it is: whoever aborted decides
 * what follows.
 */
export async function makeLab(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, log } = context;
  const row = await store.sessions.get(session.id);
  if (row?.state !== 'starting' || row.epoch !== session.epoch) return;
  const record = recordPhases(context, row);
  try {
    const made = await makeByWay(context, row, record, signal);
    await record.settled();
    if (made !== null) await becomeReady(context, row, made);
  } catch (error) {
    await record.settled();
    if (signal.aborted) throw error;
    log.warn({ err: error, session: session.id, lab: session.lab }, 'a lab could not be made');
    const step = error instanceof ClusterError ? error.step : undefined;
    await record.fail(step, reasonOf(error).message);
    const failed = await store.sessions.move(session.id, 'fail', { reason: reasonOf(error) });
    if (!failed) return;
    publishSession(context, failed);
    await tell(context, failed, 'failed', `The lab could not be started: ${reasonOf(error).message}`);
  }
}

const from: Readonly<Record<StartWay, string>> = {
  warm: 'from those that stood ready',
  restored: 'from its kept beginning',
  cold: 'from nothing',
};

async function becomeReady(context: Context, asked: LabSession, { session, access }: Made): Promise<void> {
  const { store } = context;
  // First, so that the journal misses nothing that the learner does.
  await context.watches.begin(session, access);
  const ready = await store.sessions.move(session.id, 'ready');
  if (!ready) return;
  publishSession(context, ready);
  const took = Date.parse(ready.changedAt) - Date.parse(asked.changedAt);
  const way = ready.way ?? 'cold';
  await tell(context, ready, 'ready', `The lab was ready after ${briefly(took)} (${from[way]}).`);
  await store.measures.note(ready.lab, `start-${way}`, took);
  if (asked.instance !== null && asked.instance !== ready.instance) void clearInstance(context, asked.instance);
}
