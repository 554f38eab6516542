import { type Kysely, sql } from 'kysely';

/** Every table of the first release, in SQL that SQLite and PostgreSQL read alike. JSON is text, times are ISO 8601. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('person')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('roles', 'text', (column) => column.notNull())
    .addColumn('createdAt', 'text', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('personSession')
    .addColumn('tokenHash', 'text', (column) => column.primaryKey())
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('createdAt', 'text', (column) => column.notNull())
    .addColumn('expiresAt', 'text', (column) => column.notNull())
    .addColumn('seenAt', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('personSessionPerson').on('personSession').column('person').execute();

  await db.schema
    .createTable('labInstance')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('labVersion', 'text', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('intent', 'text', (column) => column.notNull())
    .addColumn('createdAt', 'text', (column) => column.notNull())
    .execute();

  await labSession(db);
  await attempt(db);
}

async function labSession(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('labSession')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('labVersion', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('instance', 'text', (column) => column.references('labInstance.id').onDelete('set null'))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('createdAt', 'text', (column) => column.notNull())
    .addColumn('changedAt', 'text', (column) => column.notNull())
    .addColumn('activeAt', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('labSessionLive')
    .unique()
    .on('labSession')
    .columns(['person', 'lab'])
    .where(sql.ref('state'), '<>', sql.lit('ended'))
    .execute();
  await db.schema.createIndex('labSessionLab').on('labSession').columns(['lab', 'createdAt']).execute();

  await db.schema
    .createTable('phase')
    .addColumn('session', 'text', (column) => column.notNull().references('labSession.id').onDelete('cascade'))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('startedAt', 'text')
    .addColumn('milliseconds', 'integer')
    .addColumn('detail', 'text')
    .addPrimaryKeyConstraint('phaseKey', ['session', 'epoch', 'id'])
    .execute();

  await db.schema
    .createTable('journal')
    .addColumn('session', 'text', (column) => column.notNull().references('labSession.id').onDelete('cascade'))
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('witness', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('journalKey', ['session', 'seq'])
    .execute();
}

async function attempt(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('attempt')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('session', 'text', (column) => column.notNull().references('labSession.id').onDelete('cascade'))
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('task', 'text', (column) => column.notNull())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('labVersion', 'text', (column) => column.notNull())
    .addColumn('graderVersion', 'text', (column) => column.notNull())
    .addColumn('kubernetesVersion', 'text', (column) => column.notNull())
    .addColumn('points', 'double precision', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('evidence', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('attemptSession').unique().on('attempt').columns(['session', 'seq']).execute();
  await db.schema.createIndex('attemptPerson').on('attempt').columns(['person', 'lab', 'task', 'at']).execute();
  await db.schema.createIndex('attemptAt').on('attempt').column('at').execute();

  await db.schema
    .createTable('best')
    .addColumn('person', 'text', (column) => column.notNull().references('person.id').onDelete('cascade'))
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('task', 'text', (column) => column.notNull())
    .addColumn('score', 'double precision', (column) => column.notNull())
    .addColumn('points', 'double precision', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('rank', 'integer', (column) => column.notNull())
    .addColumn('attempt', 'text', (column) => column.notNull().references('attempt.id').onDelete('cascade'))
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('lastStatus', 'text', (column) => column.notNull())
    .addColumn('lastAt', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('bestKey', ['person', 'lab', 'task'])
    .execute();
  await db.schema.createIndex('bestLab').on('best').column('lab').execute();
}
