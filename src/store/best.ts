import type { Transaction } from 'kysely';
import { z } from 'zod';
import { type Status, statuses } from '#grading/verdict.ts';
import type { Executor } from './executor.ts';
import type { Attempt, Best } from './port.ts';
import { parseRows } from './row.ts';
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
  lastStatus: z.enum(statuses),
  lastAt: z.string(),
});
const columns = Object.keys(BestRow.shape) as (keyof z.infer<typeof BestRow>)[];

/** Between equal scores, what tells a teacher more: an answer that was judged beats one that could not be. */
const rank: Record<Status, number> = { passed: 3, 'not-yet': 2, wrong: 1, 'cannot-check': 0 };

/** Counts an attempt that this transaction stored, and makes it the best if it is. The best never goes down. */
export async function countAttempt(tx: Transaction<Tables>, attempt: Attempt): Promise<void> {
  const { person, lab, task, points, at } = attempt;
  const { score, status } = attempt.verdict;
  const better = { score, points, status, rank: rank[status], attempt: attempt.id, at };
  // The first statement locks the row, so that nobody's better score comes in between it and the second.
  await tx
    .insertInto('best')
    .values({ person, lab, task, ...better, attempts: 1, lastStatus: status, lastAt: at })
    .onConflict((conflict) =>
      conflict.columns(['person', 'lab', 'task']).doUpdateSet((of) => ({
        attempts: of('best.attempts', '+', 1),
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

/** The best rows of a person, of a lab, or all. */
export function bestOf(executor: Executor, { person, lab }: { person?: string; lab?: string }): Promise<readonly Best[]> {
  return executor.read(async (db) => {
    let query = db.selectFrom('best').select(columns);
    if (person !== undefined) query = query.where('person', '=', person);
    if (lab !== undefined) query = query.where('lab', '=', lab);
    return parseRows('best', BestRow, await query.orderBy('lab').orderBy('person').orderBy('task').execute());
  });
}
