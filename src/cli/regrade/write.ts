import type { GradedTask } from '#grading/grader.ts';
import type { Best, Revision, Store } from '#store/port.ts';
import { rejudger } from './rejudge.ts';

/** A person's best in a task that is another after a regrade. */
export interface GradeChange {
  person: string;
  name: string;
  task: string;
  was: Pick<Best, 'status' | 'score' | 'points'>;
  now: Pick<Best, 'status' | 'score' | 'points'>;
}

export interface Written {
  attempts: number;
  grades: readonly GradeChange[];
}

/** So many revisions are one transaction: short enough to keep nobody waiting. */
const batch = 200;
/** So many are gathered and sorted before they are written, so that a person's best in a task is worked out anew seldom. */
const gathered = 5_000;

/** Writes what the grader makes of every attempt of a lab where that differs. Stopped in the middle, it leaves each attempt as it was or revised. */
export async function writeRevisions(options: {
  store: Store;
  lab: string;
  grader: { tasks: readonly GradedTask[]; version: string };
  /** When the revisions are made. */
  at: string;
  signal: AbortSignal;
  report: (written: number) => void;
}): Promise<Written> {
  const { store, lab, grader, at, signal, report } = options;
  const rejudge = rejudger(grader.tasks);
  const before = await store.attempts.best({ lab });
  let waiting: { key: string; revision: Revision }[] = [];
  let written = 0;
  const flush = async () => {
    const sorted = waiting.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ revision }) => revision);
    waiting = [];
    for (let first = 0; first < sorted.length; first += batch) {
      signal.throwIfAborted();
      written += await store.attempts.regrade(sorted.slice(first, first + batch));
      report(written);
    }
  };
  for await (const attempt of store.attempts.each({ lab })) {
    signal.throwIfAborted();
    const rejudged = rejudge(attempt);
    if (rejudged.kind !== 'different') continue;
    const { verdict, points } = rejudged;
    const revision = { attempt: attempt.id, at, graderVersion: grader.version, verdict, points };
    waiting.push({ key: keyOf(attempt), revision });
    if (waiting.length >= gathered) await flush();
  }
  await flush();
  return { attempts: written, grades: await changes(store, before, await store.attempts.best({ lab })) };
}

async function changes(store: Store, before: readonly Best[], after: readonly Best[]): Promise<GradeChange[]> {
  const people = new Map((await store.people.list()).map(({ id, name }) => [id, name]));
  const known = new Map(before.map((best) => [keyOf(best), best]));
  return after.flatMap((best) => {
    const was = known.get(keyOf(best));
    if (was === undefined || (was.score === best.score && was.status === best.status && was.points === best.points)) return [];
    const { person, task } = best;
    return [{ person, name: people.get(person) ?? person, task, was: plain(was), now: plain(best) }];
  });
}

const keyOf = ({ person, task }: Pick<Best, 'person' | 'task'>) => JSON.stringify([person, task]);
const plain = ({ status, score, points }: Best) => ({ status, score, points });
