import { sql } from 'kysely';
import { z } from 'zod';
import { Evidence } from '#grading/evidence.ts';
import { statuses, Verdict } from '#grading/verdict.ts';
import { bestOf, countAttempt } from './best.ts';
import { EffectiveRow, effective, WholeRow, withRevision } from './effective.ts';
import type { Executor } from './executor.ts';
import { historyOf } from './history.ts';
import { newId } from './id.ts';
import { appendFirstIn, nextInSession } from './journal.ts';
import type { AttemptOnRecord, AttemptStore } from './port.ts';
import { judgementsOf, regrade } from './revisions.ts';
import { isoTime, json, parseRow, parseRows } from './row.ts';

const LatestRow = z.object({ task: z.string(), at: z.string(), verdict: json(Verdict), attempt: z.string() });

/** So many attempts of `each` are in memory at once, each with up to 256 KiB of evidence. */
const page = 40;

/** Attempts and their revisions, append-only; the best per person and task is kept beside them. */
export function attemptStore(executor: Executor): AttemptStore {
  return {
    record: (input, passed = null) =>
      executor.write(async (tx) => {
        const attempt = { ...input, id: newId(), at: isoTime(input.at) };
        const seq = await nextInSession(tx, attempt.session);
        await tx
          .insertInto('attempt')
          .values({ ...attempt, seq, verdict: JSON.stringify(attempt.verdict), evidence: JSON.stringify(attempt.evidence) })
          .execute();
        await countAttempt(tx, attempt);
        if (passed !== null) await appendFirstIn(tx, attempt, passed);
        return attempt;
      }),

    get: (id) =>
      executor.read(async (db) => {
        const row = await effective(db).select('attempt.evidence').where('attempt.id', '=', id).executeTakeFirst();
        const attempt = parseRow('attempt', WholeRow, row);
        if (attempt === null) return null;
        return { ...attempt, revisedFrom: attempt.revisedAt === null ? [] : (await judgementsOf(db, id)).slice(0, -1) };
      }),

    list: ({ limit, before, ids, ...filter }) =>
      executor.read(async (db) => {
        if (ids?.length === 0) return [];
        let query = effective(db);
        for (const column of ['person', 'lab', 'task', 'session'] as const) {
          const value = filter[column];
          if (value !== undefined) query = query.where(`attempt.${column}`, '=', value);
        }
        if (ids !== undefined) query = query.where('attempt.id', 'in', ids);
        if (before !== undefined) query = query.where(olderThan(before));
        const newestFirst = query.orderBy('attempt.at', 'desc').orderBy('attempt.seq', 'desc').orderBy('attempt.id', 'desc');
        return parseRows('attempt', EffectiveRow, await newestFirst.limit(limit).execute());
      }),

    each: ({ lab }) => each(executor, lab),

    regrade: (revisions) => executor.write((tx) => regrade(tx, revisions)),

    latest: (session, epoch) =>
      executor.read(async (db) => {
        const newest = db
          .selectFrom('attempt')
          .select((of) => of.fn.max('seq').as('seq'))
          .where('session', '=', session)
          .where('epoch', '=', epoch)
          .groupBy('task');
        const rows = await withRevision(db)
          .select(['attempt.task', 'attempt.at', 'attempt.id as attempt'])
          .select((of) => of.fn.coalesce('revision.verdict', 'attempt.verdict').as('verdict'))
          .where('attempt.session', '=', session)
          .where('attempt.seq', 'in', newest)
          .orderBy('attempt.task')
          .execute();
        return parseRows('attempt', LatestRow, rows);
      }),

    history: (session, epoch) => executor.read((db) => historyOf(db, session, epoch)),

    best: (filter) => bestOf(executor, filter),
  };
}

const RowOnRecord = EffectiveRow.extend({
  seq: z.int(),
  evidence: json(Evidence).nullable().catch(null),
  firstVerdict: json(z.object({ status: z.enum(statuses) })),
});

async function* each(executor: Executor, lab: string): AsyncGenerator<AttemptOnRecord> {
  let last: { at: string; seq: number; id: string } | undefined;
  do {
    const after = last;
    const rows = await executor.read((db) => {
      const all = effective(db)
        .select(['attempt.evidence', 'attempt.seq', 'attempt.verdict as firstVerdict'])
        .where('attempt.lab', '=', lab);
      const rest = after === undefined ? all : all.where(sql<boolean>`${place} > (${after.at}, ${after.seq}, ${after.id})`);
      return rest.orderBy('attempt.at').orderBy('attempt.seq').orderBy('attempt.id').limit(page).execute();
    });
    last = rows.length < page ? undefined : rows.at(-1);
    for (const row of rows) {
      for (const { seq: _, firstVerdict, ...attempt } of parseRows('attempt', RowOnRecord, [row])) {
        yield { ...attempt, firstStatus: firstVerdict.status };
      }
    }
  } while (last !== undefined);
}

/** Where an attempt stands in the order of time. */
const place = sql`(${sql.ref('attempt.at')}, ${sql.ref('attempt.seq')}, ${sql.ref('attempt.id')})`;

/** The rows before one in the order of time. An unknown id leaves none. */
function olderThan(id: string) {
  const of = (column: 'at' | 'seq' | 'id') => sql`(select ${sql.ref(column)} from ${sql.table('attempt')} where ${sql.ref('id')} = ${id})`;
  return sql<boolean>`${place} < (${of('at')}, ${of('seq')}, ${of('id')})`;
}
