import { may } from '#people/policy.ts';
import type { Dispute, Person } from '#store/port.ts';
import { type Context, tellLog } from './context.ts';
import { Problem } from './problem.ts';

/** A dispute as its learner sees it. */
export type DisputeView = Omit<Dispute, 'person' | 'settledBy'>;

export function disputeView({ person: _, settledBy: __, ...dispute }: Dispute): DisputeView {
  return dispute;
}

/** Says for a learner that a verdict is wrong. One that was settled stays as it is. */
export async function fileDispute(context: Context, person: Person, attempt: string, sentence: string): Promise<DisputeView> {
  const { store } = context;
  const of = await store.attempts.get(attempt);
  if (of === null || !may({ person: person.id, roles: person.roles }, 'dispute', { kind: 'attempt', owner: of.person })) {
    throw new Problem(404, 'no-such-attempt', 'There is no such attempt, or it is somebody else’s.');
  }
  const [known] = await store.disputes.list({ attempts: [attempt] });
  const dispute = await store.disputes.file({ attempt, person: person.id, sentence: sentence.trim() });
  if (known === undefined) {
    const title = context.course.labs[of.lab]?.file.tasks.find(({ id }) => id === of.task)?.title ?? of.task;
    const session = await store.sessions.get(of.session);
    if (session !== null) await tellLog(context, session, 'dispute', `You asked your instructor to look at a verdict of “${title}”.`);
  }
  return disputeView(dispute);
}

/** An instructor's word on a disputed verdict, which its learner reads at the task. */
export async function settleDispute({ store }: Context, person: Person, id: string, answer: string): Promise<Dispute> {
  if (!may({ person: person.id, roles: person.roles }, 'settle', { kind: 'disputes' })) {
    throw new Problem(403, 'instructors-only', 'Disputes are settled by instructors.');
  }
  const settled = await store.disputes.settle(id, { by: person.id, answer });
  if (settled === null) throw new Problem(404, 'no-such-dispute', 'There is no such dispute.');
  return settled;
}
