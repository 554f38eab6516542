import type { LabSession, Store } from '#store/port.ts';

/**
 * The session that a page shows of a person's lab: the live one; else the last one, if it ended without its learner's doing and
 * they have to be told why. Null when there is nothing to tell.
 */
export async function shownSession(store: Store, person: string, lab: string): Promise<LabSession | null> {
  const [newest = null] = await store.sessions.list({ person, lab });
  return newest?.state === 'ended' && newest.reason?.code === 'ended-by-learner' ? null : newest;
}
