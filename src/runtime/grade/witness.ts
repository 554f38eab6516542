import type { JournalEntry, Observed } from '#grading/evidence.ts';
import { type GradedTask, journalName } from '#grading/grader.ts';
import type { Observation } from '#grading/observation.ts';
import { type Interest, interestsOf, listKey } from '../observe/behind.ts';
import { admit, type Draft, type History, historyOf, release } from './journal-cap.ts';

/** What a task's journal is written from, and what of it is known at the moment. */
export interface Witness {
  task: string;
  /** In the journal. */
  name: string;
  observation: Observation;
  interests: readonly Interest[];
  /** The list in memory that answers it; null for a probe, which has to look. */
  list: string | null;
  /** `list` is in step: each of its events is a state of this witness, and nothing else is. */
  isFollowed: boolean;
  /** The last value in the journal, as JSON. */
  last: string | null;
  /** What it has written, which bounds what it may write. */
  history: History;
  /** Since when nothing could be seen. */
  blindSince: string | null;
  /** Looks begun, and the newest of them that was heeded: looks may end in another order than they began. */
  begun: number;
  heeded: number;
  lookedAt: number;
  /** A look is under way; whether another must follow. */
  isLooking: boolean;
  mustLookAgain: boolean;
}

export function witnessesOf(tasks: readonly GradedTask[]): Witness[] {
  return tasks.flatMap((task) =>
    Object.entries(task.witness).map(([name, observation]): Witness => {
      const { request } = observation;
      const isObjects = request.kind === 'kube.object' || request.kind === 'kube.list';
      return {
        task: task.id,
        name: journalName(task.id, name),
        observation,
        interests: interestsOf(request),
        list: isObjects ? listKey(request) : null,
        isFollowed: false,
        last: null,
        history: historyOf([]),
        blindSince: null,
        begun: 0,
        heeded: 0,
        lookedAt: 0,
        isLooking: false,
        mustLookAgain: false,
      };
    }),
  );
}

/** What is to be written of what was seen; the witness knows it from then on. */
export function newsOf(witness: Witness, seen: Observed, at: string): readonly Draft[] {
  if (!seen.ok) {
    witness.blindSince ??= at;
    return [];
  }
  const value = JSON.stringify(seen.value);
  const gap: Draft[] = witness.blindSince === null ? [] : [{ at, kind: 'gap', value: { from: witness.blindSince } }];
  const change: Draft[] = value === witness.last ? [] : [{ at, kind: 'seen', value: seen.value }];
  Object.assign(witness, { last: value, blindSince: null });
  return [...gap, ...change].flatMap((draft) => {
    const { history, write } = admit(witness.history, draft);
    witness.history = history;
    return write;
  });
}

/** Notes that states went by which nobody took the time to look at: what is seen next is written after a gap, whatever it is. */
export function miss(witness: Witness, at: string): void {
  const { history } = witness;
  witness.history = { ...history, held: history.held ?? { from: at, reason: 'too-many', newest: null } };
  witness.last = null;
}

/** What was held back, so that a witness that sees too much does not write it all, and may be written by now. */
export function releasedOf(witness: Witness, at: string): readonly Draft[] {
  const { history, write } = release(witness.history, at);
  witness.history = history;
  return write;
}

/** Takes up a journal that an earlier process began: its last values are known, and the time since is a gap. */
export function resume(witnesses: readonly Witness[], entries: readonly JournalEntry[]): void {
  const latest = entries.at(-1)?.at ?? null;
  for (const witness of witnesses) {
    const own = entries.filter(({ witness: name }) => name === witness.name);
    const seen = own.filter(({ kind }) => kind === 'seen').at(-1);
    witness.history = historyOf(own);
    if (seen) Object.assign(witness, { last: JSON.stringify(seen.value), blindSince: latest });
  }
}
