import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { LabInstanceStore } from './port.ts';
import { parseRow, parseRows } from './row.ts';

const LabInstanceRow = z.object({
  id: z.string(),
  lab: z.string(),
  labVersion: z.string(),
  epoch: z.int(),
  intent: z.enum(['present', 'absent']),
  createdAt: z.string(),
});

/** Intents that containers exist or go; the reconciler reads them. */
export function labInstanceStore(executor: Executor): LabInstanceStore {
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

    async wantAbsent(id) {
      await executor.write((tx) => tx.updateTable('labInstance').set({ intent: 'absent' }).where('id', '=', id).execute());
    },

    async forget(id) {
      await executor.write((tx) => tx.deleteFrom('labInstance').where('id', '=', id).execute());
    },
  };
}
