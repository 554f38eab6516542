import { type SelectQueryBuilder, sql } from 'kysely';
import { z } from 'zod';
import { Evidence } from '#grading/evidence.ts';
import { Verdict } from '#grading/verdict.ts';
import { bestOf, countAttempt } from './best.ts';
import type { Executor } from './executor.ts';
import { newId } from './id.ts';
import { nextInSession } from './journal.ts';
import type { AttemptStore } from './port.ts';
import { isoTime, json, parseRow, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const AttemptRow = z.object({
  id: z.string(),
  session: z.string(),
  person: z.string(),
  lab: z.string(),
  task: z.string(),
  cause: z.enum(['check', 'turn']),
  at: z.string(),
  epoch: z.int(),
  labVersion: z.string(),
  graderVersion: z.string(),
  kubernetesVersion: z.string(),
  points: z.number(),
  verdict: json(Verdict),
});
const WholeAttemptRow = AttemptRow.extend({ evidence: json(Evidence) });
const LatestRow = z.object({ task: z.string(), at: z.string(), verdict: json(Verdict), attempt: z.string() });

const columns = Object.keys(AttemptRow.shape) as (keyof z.infer<typeof AttemptRow>)[];

/** Attempts, append-only, each with its evidence; the best per person and task is kept beside them. */
export function attemptStore(executor: Executor): AttemptStore {
  return {
    record: (input) =>
      executor.write(async (tx) => {
        const attempt = { ...input, id: newId(), at: isoTime(input.at) };
        const seq = await nextInSession(tx, attempt.session);
        await tx
          .insertInto('attempt')
          .values({ ...attempt, seq, verdict: JSON.stringify(attempt.verdict), evidence: JSON.stringify(attempt.evidence) })
          .execute();
        await countAttempt(tx, attempt);
        return attempt;
      }),

    get: (id) =>
      executor.read(async (db) =>
        parseRow(
          'attempt',
          WholeAttemptRow,
          await db
            .selectFrom('attempt')
            .select([...columns, 'evidence'])
            .where('id', '=', id)
            .executeTakeFirst(),
        ),
      ),

    list: ({ limit, before, ...filter }) =>
      executor.read(async (db) => {
        let query = db.selectFrom('attempt').select(columns);
        for (const column of ['person', 'lab', 'task', 'session'] as const) {
          const value = filter[column];
          if (value !== undefined) query = query.where(column, '=', value);
        }
        if (before !== undefined) query = olderThan(query, before);
        const rows = await query.orderBy('at', 'desc').orderBy('seq', 'desc').orderBy('id', 'desc').limit(limit).execute();
        return parseRows('attempt', AttemptRow, rows);
      }),

    latest: (session, epoch) =>
      executor.read(async (db) => {
        const newest = db
          .selectFrom('attempt')
          .select((of) => of.fn.max('seq').as('seq'))
          .where('session', '=', session)
          .where('epoch', '=', epoch)
          .groupBy('task');
        const rows = await db
          .selectFrom('attempt')
          .select(['task', 'at', 'verdict', 'id as attempt'])
          .where('session', '=', session)
          .where('seq', 'in', newest)
          .orderBy('task')
          .execute();
        return parseRows('attempt', LatestRow, rows);
      }),

    best: (filter) => bestOf(executor, filter),
  };
}

/** The rows after one in the list's order. An unknown id leaves none. */
function olderThan<O>(query: SelectQueryBuilder<Tables, 'attempt', O>, id: string) {
  const place = (column: 'at' | 'seq' | 'id') =>
    sql`(select ${sql.ref(column)} from ${sql.table('attempt')} where ${sql.ref('id')} = ${id})`;
  return query.where(
    sql<boolean>`(${sql.ref('at')}, ${sql.ref('seq')}, ${sql.ref('id')}) < (${place('at')}, ${place('seq')}, ${place('id')})`,
  );
}
