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
  intent: z.enum(['present', 'absent']),
  createdAt: z.string(),
});

/** Intents that containers exist or go; the reconciler reads them. */
export function labInstanceStore(executor: Executor, now: () => Date): LabInstanceStore {
  return {
    create: (input) =>
      executor.write(async (tx) => {
        const instance = { ...input, id: newId(), intent: 'present' as const, createdAt: isoTime(now()) };
        await tx.insertInto('labInstance').values(instance).execute();
        return instance;
      }),

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
