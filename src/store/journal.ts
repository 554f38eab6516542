import type { Transaction } from 'kysely';
import { z } from 'zod';
import type { JournalEntry } from '#grading/evidence.ts';
import type { Executor } from './executor.ts';
import { type SessionJournal, StoreError } from './port.ts';
import { anyJson, isoTime, parseRow, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const JournalRow = z.object({
  seq: z.int(),
  at: z.string(),
  witness: z.string(),
  kind: z.enum(['seen', 'gone', 'gap']),
  value: anyJson,
});

const columns = ['seq', 'at', 'witness', 'kind', 'value'] as const;

/** The session's next number. Its row is locked until the transaction ends, so numbers rise in the order of the commits. */
export async function nextInSession(tx: Transaction<Tables>, session: string): Promise<number> {
  const row = await tx
    .updateTable('labSession')
    .set((of) => ({ sequence: of('sequence', '+', 1) }))
    .where('id', '=', session)
    .returning('sequence')
    .executeTakeFirst();
  if (!row) throw new StoreError('failed', `There is no lab session ${session}.`);
  return row.sequence;
}

export async function appendIn(
  tx: Transaction<Tables>,
  { session, epoch }: { session: string; epoch: number },
  { at, witness, kind, value }: Omit<JournalEntry, 'seq'>,
): Promise<JournalEntry> {
  const entry: JournalEntry = { seq: await nextInSession(tx, session), at: isoTime(at), witness, kind, value };
  await tx
    .insertInto('journal')
    .values({ ...entry, session, epoch, value: JSON.stringify(value) })
    .execute();
  return entry;
}

/** Appends the first entry of a witness; does nothing when it has one. */
export async function appendFirstIn(
  tx: Transaction<Tables>,
  { session, epoch }: { session: string; epoch: number },
  entry: Omit<JournalEntry, 'seq'>,
): Promise<void> {
  const known = await tx
    .selectFrom('journal')
    .select('seq')
    .where('session', '=', session)
    .where('epoch', '=', epoch)
    .where('witness', '=', entry.witness)
    .limit(1)
    .executeTakeFirst();
  if (known === undefined) await appendIn(tx, { session, epoch }, entry);
}

/** What witnesses saw, append-only. */
export function journalStore(executor: Executor): SessionJournal {
  return {
    append: (session, epoch, entry) => executor.write((tx) => appendIn(tx, { session, epoch }, entry)),

    async list(session, epoch, witnesses) {
      if (witnesses.length === 0) return [];
      const rows = await executor.read((db) =>
        db
          .selectFrom('journal')
          .select(columns)
          .where('session', '=', session)
          .where('epoch', '=', epoch)
          .where('witness', 'in', witnesses)
          // The order of the index, so that other witnesses and epochs are not read; the order of time is made here.
          .orderBy('witness')
          .orderBy('seq')
          .execute(),
      );
      return parseRows('journal', JournalRow, rows).sort((a, b) => a.seq - b.seq);
    },

    latest: (session, epoch, witness) =>
      executor.read(async (db) => {
        const row = await db
          .selectFrom('journal')
          .select(columns)
          .where('session', '=', session)
          .where('epoch', '=', epoch)
          .where('witness', '=', witness)
          .orderBy('seq', 'desc')
          .limit(1)
          .executeTakeFirst();
        return parseRow('journal', JournalRow, row);
      }),
  };
}
