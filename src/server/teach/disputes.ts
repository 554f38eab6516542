import type { Dispute, Store } from '#store/port.ts';
import { type AttemptLine, titles } from './attempts.ts';
import type { Labs } from './board.ts';

/** A dispute with the attempt it is about. */
export interface DisputeLine {
  dispute: Dispute;
  attempt: AttemptLine;
}

const most = 50;

/** Verdicts that learners say are wrong and nobody has answered, oldest first; of many the oldest fifty. */
export async function openDisputes(store: Store, labs: Labs): Promise<readonly DisputeLine[]> {
  const open = (await store.disputes.list({ open: true })).toReversed().slice(0, most);
  if (open.length === 0) return [];
  const people = await store.people.list();
  const lines = await Promise.all(
    open.map(async (dispute) => {
      const found = await store.attempts.get(dispute.attempt);
      if (found === null) return [];
      const { evidence: _, revisedFrom: __, ...attempt } = found;
      const name = people.find(({ id }) => id === attempt.person)?.name ?? attempt.person;
      return [{ dispute, attempt: { ...attempt, ...titles(attempt, labs), name } }];
    }),
  );
  return lines.flat();
}
