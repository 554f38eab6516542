import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { patience, patiently } from './executor.ts';
import { StoreError } from './port.ts';
import type { Tables } from './tables.ts';

/** By name, in the order in which they run. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Where a database stands: the last migration that ran in it (null for an empty one), and what has yet to run. */
export interface SchemaState {
  version: string | null;
  pending: readonly string[];
}

/** Reads the schema's version. Throws `newer-schema` when a migration that we do not know has run. */
export async function schemaState(db: Kysely<Tables>, migrations: Migrations, signal?: AbortSignal): Promise<SchemaState> {
  const known = await patiently(() => migrator(db, migrations).getMigrations(), performance.now() + patience, { signal });
  const executed = await patiently(() => executedNames(db), performance.now() + patience, { signal });
  const unknown = executed.filter((name) => !(name in migrations));
  const ours = Object.keys(migrations).at(-1);
  if (unknown.length > 0) {
    throw new StoreError(
      'newer-schema',
      `The database is at schema ${executed.at(-1)}, this Slipway knows up to ${ours}. Start the newer Slipway that wrote it, or put back the backup made before that upgrade.`,
    );
  }
  return { version: executed.at(-1) ?? null, pending: known.filter((one) => one.executedAt === undefined).map((one) => one.name) };
}

/** Runs what is pending, all of it or nothing. Safe to call from several processes at once. */
export async function migrate(db: Kysely<Tables>, migrations: Migrations, signal?: AbortSignal): Promise<void> {
  const run = async () => {
    const { error } = await migrator(db, migrations).migrateToLatest();
    if (error !== undefined) throw error;
  };
  await patiently(run, performance.now() + patience, { signal });
}

function migrator(db: Kysely<Tables>, migrations: Migrations): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
}

async function executedNames(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
}
