import type { Kysely } from 'kysely';

/** Indexes that hold attempts in the whole order in which they are listed, so that no list sorts, or walks the attempts of a whole lab. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const order = ['at', 'seq', 'id'];
  await db.schema.dropIndex('attemptAt').execute();
  await db.schema.dropIndex('attemptPerson').execute();
  await db.schema.createIndex('attemptTime').on('attempt').columns(order).execute();
  await db.schema
    .createIndex('attemptPersonLab')
    .on('attempt')
    .columns(['person', 'lab', ...order])
    .execute();
  await db.schema
    .createIndex('attemptPersonTask')
    .on('attempt')
    .columns(['person', 'lab', 'task', ...order])
    .execute();
}
