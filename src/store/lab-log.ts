import { z } from 'zod';
import type { Executor } from './executor.ts';
import { nextInSession } from './journal.ts';
import type { LabLogStore } from './port.ts';
import { isoTime, parseRows } from './row.ts';

const LabLogRow = z.object({ seq: z.int(), epoch: z.int(), at: z.string(), kind: z.string(), text: z.string() });
const newest = 500;

/** What happened to labs, in sentences. */
export function labLogStore(executor: Executor, now: () => Date): LabLogStore {
  return {
    add: (session, epoch, { kind, text }) =>
      executor.write(async (tx) => {
        const entry = { seq: await nextInSession(tx, session), epoch, at: isoTime(now()), kind, text: text.toWellFormed() };
        await tx
          .insertInto('labLog')
          .values({ ...entry, session })
          .execute();
        return entry;
      }),

    list: (session, after = 0) =>
      executor.read(async (db) => {
        const rows = await db
          .selectFrom('labLog')
          .select(['seq', 'epoch', 'at', 'kind', 'text'])
          .where('session', '=', session)
          .where('seq', '>', after)
          .orderBy('seq', 'desc')
          .limit(newest)
          .execute();
        return parseRows('lab_log', LabLogRow, rows.reverse());
      }),
  };
}
