import type { Kysely } from 'kysely';
import { z } from 'zod';
import { statuses } from '#grading/verdict.ts';
import { withRevision } from './effective.ts';
import type { TaskHistory } from './port.ts';
import { json, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const TurnRow = z.object({
  task: z.string(),
  at: z.string(),
  cause: z.enum(['check', 'turn']),
  verdict: json(z.object({ status: z.enum(statuses) })),
});

const mostTurns = 100;

/** How each task of one epoch of a session went, by its effective verdicts. */
export async function historyOf(db: Kysely<Tables>, session: string, epoch: number): Promise<Readonly<Record<string, TaskHistory>>> {
  const rows = await withRevision(db)
    .select(['attempt.task', 'attempt.at', 'attempt.cause'])
    .select((of) => of.fn.coalesce('revision.verdict', 'attempt.verdict').as('verdict'))
    .where('attempt.session', '=', session)
    .where('attempt.epoch', '=', epoch)
    .orderBy('attempt.task')
    .orderBy('attempt.seq')
    .execute();
  const byTask = Map.groupBy(parseRows('attempt', TurnRow, rows), ({ task }) => task);
  return Object.fromEntries([...byTask].map(([task, attempts]) => [task, turnsOf(attempts)]));
}

function turnsOf(attempts: readonly z.infer<typeof TurnRow>[]): TaskHistory {
  const turns = attempts
    .map(({ at, cause, verdict: { status } }) => ({ at, status, cause }))
    .filter(({ status }, index, all) => status !== all[index - 1]?.status);
  return { firstPassedAt: turns.find(({ status }) => status === 'passed')?.at ?? null, turns: turns.slice(-mostTurns) };
}
