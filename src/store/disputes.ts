import { z } from 'zod';
import type { Executor } from './executor.ts';
import { newId } from './id.ts';
import { type DisputeStore, StoreError } from './port.ts';
import { isoTime, parseRow, parseRows } from './row.ts';

const DisputeRow = z.object({
  id: z.string(),
  attempt: z.string(),
  person: z.string(),
  sentence: z.string(),
  at: z.string(),
  settledAt: z.string().nullable(),
  settledBy: z.string().nullable(),
  answer: z.string().nullable(),
});

/** Verdicts that learners say are wrong. */
export function disputeStore(executor: Executor, now: () => Date): DisputeStore {
  return {
    file: ({ attempt, person, sentence }) =>
      executor.write(async (tx) => {
        const text = sentence.toWellFormed();
        const known = await tx.selectFrom('dispute').select(['id', 'settledAt']).where('attempt', '=', attempt).executeTakeFirst();
        if (known === undefined) {
          await tx
            .insertInto('dispute')
            .values({ id: newId(), attempt, person, sentence: text, at: isoTime(now()), settledAt: null, settledBy: null, answer: null })
            .onConflict((conflict) => conflict.column('attempt').doUpdateSet({ sentence: text }).where('dispute.settledAt', 'is', null))
            .execute();
        } else if (known.settledAt === null) {
          await tx.updateTable('dispute').set({ sentence: text }).where('id', '=', known.id).where('settledAt', 'is', null).execute();
        }
        const row = await tx.selectFrom('dispute').selectAll().where('attempt', '=', attempt).executeTakeFirst();
        const filed = parseRow('dispute', DisputeRow, row);
        if (filed === null) throw new StoreError('failed', `The dispute of attempt ${attempt} was not kept.`);
        return filed;
      }),

    async list({ person, attempts, open }) {
      if (attempts?.length === 0) return [];
      return executor.read(async (db) => {
        let query = db.selectFrom('dispute').selectAll();
        if (person !== undefined) query = query.where('person', '=', person);
        if (attempts !== undefined) query = query.where('attempt', 'in', attempts);
        if (open !== undefined) query = query.where('settledAt', open ? 'is' : 'is not', null);
        return parseRows('dispute', DisputeRow, await query.orderBy('at', 'desc').orderBy('id', 'desc').execute());
      });
    },

    settle: (id, { by, answer }) =>
      executor.write(async (tx) => {
        const row = await tx
          .updateTable('dispute')
          .set({ settledAt: isoTime(now()), settledBy: by, answer: answer.toWellFormed() })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        return parseRow('dispute', DisputeRow, row);
      }),
  };
}
