import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { CaptureStore } from './port.ts';
import { isoTime, parseRow, parseRows } from './row.ts';

const CaptureRow = z.object({
  key: z.string(),
  lab: z.string(),
  labVersion: z.string(),
  state: z.enum(['taking', 'unverified', 'good', 'refused']),
  reason: z.string().nullable(),
  bytes: z.number().nullable(),
  createdAt: z.string(),
  usedAt: z.string().nullable(),
});

/** Labs captured at their beginning. */
export function captureStore(executor: Executor, now: () => Date): CaptureStore {
  return {
    begin: (capture) =>
      executor.write(async (tx) =>
        parseRow(
          'capture',
          CaptureRow,
          await tx
            .insertInto('capture')
            .values({ ...capture, state: 'taking', reason: null, bytes: null, createdAt: isoTime(now()), usedAt: null })
            .onConflict((conflict) => conflict.column('key').doNothing())
            .returningAll()
            .executeTakeFirst(),
        ),
      ),

    get: (key) =>
      executor.read(async (db) =>
        parseRow('capture', CaptureRow, await db.selectFrom('capture').selectAll().where('key', '=', key).executeTakeFirst()),
      ),

    list: () =>
      executor.read(async (db) =>
        parseRows('capture', CaptureRow, await db.selectFrom('capture').selectAll().orderBy('createdAt').orderBy('key').execute()),
      ),

    async set(key, values) {
      await executor.write((tx) => tx.updateTable('capture').set(values).where('key', '=', key).execute());
    },

    async forget(key) {
      await executor.write((tx) => tx.deleteFrom('capture').where('key', '=', key).execute());
    },
  };
}
