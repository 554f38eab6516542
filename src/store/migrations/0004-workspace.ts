import type { Kysely } from 'kysely';

/** What a learner's workspace keeps: help that was asked for, the desk, disputed verdicts, one-time tickets, a lab's log, and how long a lab is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('labSession').addColumn('keepUntil', 'text').execute();

  await db.schema
    .createTable('help')
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('task', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('session', 'text', (column) => column.references('labSession.id').onDelete('set null'))
    .addPrimaryKeyConstraint('helpKey', ['person', 'lab', 'task', 'kind', 'number'])
    .execute();

  await db.schema
    .createTable('desk')
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('deskKey', ['person', 'name'])
    .execute();

  await db.schema
    .createTable('dispute')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('attempt', 'text', (column) => column.notNull().unique().references('attempt.id').onDelete('cascade'))
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('sentence', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('settledAt', 'text')
    .addColumn('settledBy', 'text', (column) => column.references('person.id').onDelete('set null'))
    .addColumn('answer', 'text')
    .execute();
  await db.schema.createIndex('disputeTime').on('dispute').columns(['at', 'id']).execute();

  await db.schema
    .createTable('ticket')
    .addColumn('tokenHash', 'text', (column) => column.primaryKey())
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expiresAt', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('ticketExpiry').on('ticket').column('expiresAt').execute();

  await db.schema
    .createTable('labLog')
    .addColumn('session', 'text', (column) => column.notNull().references('labSession.id').onDelete('cascade'))
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('labLogKey', ['session', 'seq'])
    .execute();
}
