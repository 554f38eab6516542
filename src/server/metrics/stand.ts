import type { SessionState } from '#lab/session.ts';
import type { Place } from '#runtime/admission.ts';
import type { PoolState } from '#runtime/pool.ts';
import type { Runtime } from '#runtime/runtime.ts';
import type { LabSession } from '#store/port.ts';

/** A lab that waits to be made. */
export interface Waiting extends Place {
  session: LabSession;
  /** Milliseconds since it was asked for. */
  waited: number;
}

/** What there is at the moment, read from the rows. */
export interface Stand {
  live: readonly LabSession[];
  sessions: Readonly<Record<Exclude<SessionState, 'ended'>, number>>;
  /** First in line first. */
  queue: readonly Waiting[];
  pool: PoolState;
}

export async function standOf({ context, store }: Pick<Runtime, 'context' | 'store'>): Promise<Stand> {
  const [live, pool] = await Promise.all([store.sessions.listLive(), context.pool.state()]);
  const sessions = { queued: 0, starting: 0, ready: 0, paused: 0, ending: 0, failed: 0, crashed: 0 };
  for (const { state } of live) if (state !== 'ended') sessions[state] += 1;
  const queue = live.flatMap((session) => {
    const place = context.admission.place(session.id);
    return place === null ? [] : [{ ...place, session, waited: Math.max(0, Date.now() - Date.parse(session.changedAt)) }];
  });
  return { live, sessions, queue: queue.sort((a, b) => a.place - b.place), pool };
}
