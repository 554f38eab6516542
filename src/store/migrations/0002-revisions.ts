import { type Kysely, sql } from 'kysely';

/** Newer verdicts beside those on record, presses of Check counted apart from turns, and indexes for what is read along them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('revision')
    .addColumn('attempt', 'text', (column) => column.notNull().references('attempt.id').onDelete('cascade'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('graderVersion', 'text', (column) => column.notNull())
    .addColumn('points', 'double precision', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('revisionKey', ['attempt', 'number'])
    .execute();

  await db.schema
    .alterTable('best')
    .addColumn('checks', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`
    update best set checks = (
      select count(*) from attempt
      where attempt.person = best.person and attempt.lab = best.lab and attempt.task = best.task and attempt.cause = 'check'
    )`.execute(db);

  await db.schema.createIndex('attemptLab').on('attempt').columns(['lab', 'at', 'seq', 'id']).execute();
  await db.schema.createIndex('attemptTask').on('attempt').columns(['session', 'epoch', 'task', 'seq']).execute();
  await db.schema.createIndex('journalWitness').on('journal').columns(['session', 'epoch', 'witness', 'seq']).execute();
}
