import { type Kysely, sql } from 'kysely';

/** Labs made before anybody asks: spares and captures, what was measured of labs, and by which way a session's lab was made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('labSession')
    .addColumn('instanceEpoch', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.alterTable('labSession').addColumn('way', 'text').execute();
  await sql`update lab_session set instance_epoch = epoch`.execute(db);
  await db.schema.alterTable('labInstance').addColumn('readyAt', 'text').execute();

  await db.schema
    .createTable('capture')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('labVersion', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('bytes', 'double precision')
    .addColumn('createdAt', 'text', (column) => column.notNull())
    .addColumn('usedAt', 'text')
    .execute();

  await db.schema
    .createTable('measure')
    .addColumn('lab', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('measureKey', ['lab', 'kind', 'number'])
    .execute();
}
