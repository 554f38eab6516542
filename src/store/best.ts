import type { Transaction } from 'kysely';
import { z } from 'zod';
import { type Status, statuses } from '#grading/verdict.ts';
import { withRevision } from './effective.ts';
import type { Executor } from './executor.ts';
import type { Attempt, Best } from './port.ts';
import { json, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const BestRow = z.object({
  person: z.string(),
  lab: z.string(),
  task: z.string(),
  score: z.number(),
  points: z.number(),
  status: z.enum(statuses),
  attempt: z.string(),
  at: z.string(),
  attempts: z.int(),
  checks: z.int(),
  lastStatus: z.enum(statuses),
  lastAt: z.string(),
});
const columns = Object.keys(BestRow.shape) as (keyof z.infer<typeof BestRow>)[];

/** Between equal scores, what tells a teacher more: an answer that was judged beats one that could not be. */
const rank: Record<Status, number> = { passed: 3, 'not-yet': 2, wrong: 1, 'cannot-check': 0 };

/** Counts an attempt that this transaction stored, and makes it the best if it is. The best goes down by a regrade alone. */
export async function countAttempt(tx: Transaction<Tables>, attempt: Attempt): Promise<void> {
  const { person, lab, task, points, at, cause } = attempt;
  const checks = cause === 'check' ? 1 : 0;
  const { score, status } = attempt.verdict;
  const better = { score, points, status, rank: rank[status], attempt: attempt.id, at };
  // The first statement locks the row, so that nobody's better score comes in between it and the second.
  await tx
    .insertInto('best')
    .values({ person, lab, task, ...better, attempts: 1, checks, lastStatus: status, lastAt: at })
    .onConflict((conflict) =>
      conflict.columns(['person', 'lab', 'task']).doUpdateSet((of) => ({
        attempts: of('best.attempts', '+', 1),
        checks: of('best.checks', '+', checks),
        lastStatus: status,
        lastAt: at,
      })),
    )
    .execute();
  await tx
    .updateTable('best')
    .set(better)
    .where('person', '=', person)
    .where('lab', '=', lab)
    .where('task', '=', task)
    .where((of) => of.or([of('score', '<', score), of.and([of('score', '=', score), of('rank', '<', rank[status])])]))
    .execute();
}

/** What a best row is of. */
export type BestKey = Pick<Best, 'person' | 'lab' | 'task'>;

const ofKey = ({ person, lab, task }: BestKey) => ({ person, lab, task });

/** Keeps the row from everybody else until the transaction ends. */
export async function lockBest(tx: Transaction<Tables>, key: BestKey): Promise<void> {
  await tx
    .updateTable('best')
    .set((of) => ({ attempts: of.ref('attempts') }))
    .where((of) => of.and(ofKey(key)))
    .execute();
}

const JudgedRow = z.object({
  id: z.string(),
  at: z.string(),
  points: z.number(),
  verdict: json(z.object({ score: z.number(), status: z.enum(statuses) })),
});

/** Finds the best and the newest of a task anew, from the effective verdicts of all its attempts. The row is locked. */
export async function recountBest(tx: Transaction<Tables>, key: BestKey): Promise<void> {
  const rows = await withRevision(tx)
    .select(['attempt.id', 'attempt.at'])
    .select((of) => [
      of.fn.coalesce('revision.points', 'attempt.points').as('points'),
      of.fn.coalesce('revision.verdict', 'attempt.verdict').as('verdict'),
    ])
    .where('attempt.person', '=', key.person)
    .where('attempt.lab', '=', key.lab)
    .where('attempt.task', '=', key.task)
    .orderBy('attempt.at')
    .orderBy('attempt.seq')
    .orderBy('attempt.id')
    .execute();
  const attempts = parseRows('attempt', JudgedRow, rows).map(({ verdict, ...attempt }) => ({
    ...attempt,
    ...verdict,
    rank: rank[verdict.status],
  }));
  const [first] = attempts.toSorted((a, b) => b.score - a.score || b.rank - a.rank);
  const last = attempts.at(-1);
  if (first === undefined || last === undefined) return;
  const { id, ...better } = first;
  await tx
    .updateTable('best')
    .set({ ...better, attempt: id, lastStatus: last.status, lastAt: last.at })
    .where((of) => of.and(ofKey(key)))
    .execute();
}

/** The best rows of a person, of a lab, or all. */
export function bestOf(executor: Executor, { person, lab }: { person?: string; lab?: string }): Promise<readonly Best[]> {
  return executor.read(async (db) => {
    let query = db.selectFrom('best').select(columns);
    if (person !== undefined) query = query.where('person', '=', person);
    if (lab !== undefined) query = query.where('lab', '=', lab);
    return parseRows('best', BestRow, await query.orderBy('lab').orderBy('person').orderBy('task').execute());
  });
}
