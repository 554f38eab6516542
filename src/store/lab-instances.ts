import { z } from 'zod';
import type { Executor } from './executor.ts';
import { newId } from './id.ts';
import type { LabInstanceStore } from './port.ts';
import { isoTime, parseRow, parseRows } from './row.ts';

const LabInstanceRow = z.object({
  id: z.string(),
  lab: z.string(),
  labVersion: z.string(),
  epoch: z.int(),
  intent: z.enum(['present', 'spare', 'absent']),
  createdAt: z.string(),
  readyAt: z.string().nullable(),
});

/** Intents that containers exist or go; the reconciler reads them. */
export function labInstanceStore(executor: Executor, now: () => Date): LabInstanceStore {
  const spare = (id: string, values: { intent?: 'absent'; readyAt?: string }) =>
    executor.write(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('labInstance')
        .set(values)
        .where('id', '=', id)
        .where('intent', '=', 'spare')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });

  return {
    get: (id) =>
      executor.read(async (db) =>
        parseRow('lab_instance', LabInstanceRow, await db.selectFrom('labInstance').selectAll().where('id', '=', id).executeTakeFirst()),
      ),

    list: () =>
      executor.read(async (db) =>
        parseRows(
          'lab_instance',
          LabInstanceRow,
          await db.selectFrom('labInstance').selectAll().orderBy('createdAt').orderBy('id').execute(),
        ),
      ),

    async setEpoch(id, epoch) {
      await executor.write((tx) => tx.updateTable('labInstance').set({ epoch }).where('id', '=', id).execute());
    },

    async addSpare({ lab, labVersion }) {
      const row = { id: newId(), lab, labVersion, epoch: 1, intent: 'spare' as const, createdAt: isoTime(now()), readyAt: null };
      await executor.write((tx) => tx.insertInto('labInstance').values(row).execute());
      return row;
    },

    spareReady: (id) => spare(id, { readyAt: isoTime(now()) }),

    discardSpare: (id) => spare(id, { intent: 'absent' }),

    async wantAbsent(id) {
      await executor.write((tx) => tx.updateTable('labInstance').set({ intent: 'absent' }).where('id', '=', id).execute());
    },

    async forget(id) {
      await executor.write((tx) => tx.deleteFrom('labInstance').where('id', '=', id).execute());
    },
  };
}
