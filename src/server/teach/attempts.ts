import type { AttemptStore, Dispute, EffectiveAttempt, Person, Store } from '#store/port.ts';
import { type AnswerField, answersOf, helpWith, type Labs, labFile, type TaskHelp, tasksOf } from './board.ts';

/** An attempt in a list, with the words a teacher knows it by. */
export type AttemptLine = Omit<EffectiveAttempt, 'evidence'> & { name: string; labTitle: string; taskTitle: string };

export interface AttemptPage {
  attempts: readonly AttemptLine[];
  /** Pass as `before` for the next page; null on the last. */
  older: string | null;
}

/** Attempts, newest first, of whom and what is asked for. */
export async function attemptsOf(
  store: Store,
  labs: Labs,
  { limit = 50, ...filter }: { person?: string; lab?: string; task?: string; session?: string; before?: string; limit?: number },
): Promise<AttemptPage> {
  const [people, found] = await Promise.all([store.people.list(), store.attempts.list({ ...filter, limit: limit + 1 })]);
  const attempts = found.slice(0, limit).map((attempt) => ({
    ...attempt,
    ...titles(attempt, labs),
    name: people.find((person) => person.id === attempt.person)?.name ?? attempt.person,
  }));
  return { attempts, older: found.length > limit ? (attempts.at(-1)?.id ?? null) : null };
}

/** One attempt with its evidence: everything its verdict was made from. */
export interface AttemptDetail {
  attempt: NonNullable<Awaited<ReturnType<AttemptStore['get']>>>;
  person: Pick<Person, 'id' | 'name'>;
  labTitle: string;
  taskTitle: string;
  /** What the task asks the learner to fill in. */
  answers: readonly AnswerField[];
  /** Whether this is the attempt that counts. */
  best: boolean;
  /** What its learner says against its verdict. */
  dispute: Dispute | null;
  /** The help its learner took with the task, until today. */
  help: TaskHelp;
  /** The task's attempts of the same learner around this one. */
  earlier: string | null;
  later: string | null;
}

/** Null when there is no such attempt. */
export async function attemptDetail(store: Store, labs: Labs, id: string): Promise<AttemptDetail | null> {
  const attempt = await store.attempts.get(id);
  if (attempt === null) return null;
  const { person: owner, lab, task } = attempt;
  const [person, bests, siblings, [dispute = null], help] = await Promise.all([
    store.people.get(owner),
    store.attempts.best({ person: owner, lab }),
    store.attempts.list({ person: owner, lab, task, limit: 1_000 }),
    store.disputes.list({ attempts: [id] }),
    store.help.list({ person: owner, lab, task }),
  ]);
  const place = siblings.findIndex((other) => other.id === id);
  return {
    attempt,
    person: { id: owner, name: person?.name ?? owner },
    ...titles(attempt, labs),
    answers: answersOf(labs, lab, task),
    best: bests.some((best) => best.attempt === id),
    dispute,
    help: helpWith(task, help),
    earlier: (place >= 0 && siblings[place + 1]?.id) || null,
    later: (place > 0 && siblings[place - 1]?.id) || null,
  };
}

export function titles({ lab, task, points }: Pick<EffectiveAttempt, 'lab' | 'task' | 'points'>, labs: Labs) {
  const taskTitle = tasksOf(lab, labs, [{ task, points }]).find((one) => one.id === task)?.title ?? task;
  return { labTitle: labFile(labs, lab)?.title ?? lab, taskTitle };
}
