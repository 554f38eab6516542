import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { CamelCasePlugin, Kysely } from 'kysely';
import { attemptStore } from './attempts.ts';
import { backup, requireSound, withRestoreAdvice } from './backup.ts';
import { captureStore } from './captures.ts';
import { deskStore } from './desk.ts';
import { disputeStore } from './disputes.ts';
import { toStoreError } from './errors.ts';
import { type Executor, patience, patiently, postgresExecutor, sqliteExecutor } from './executor.ts';
import { helpStore } from './help.ts';
import { journalStore } from './journal.ts';
import { labInstanceStore } from './lab-instances.ts';
import { labLogStore } from './lab-log.ts';
import { labSessionStore } from './lab-sessions.ts';
import { measureStore } from './measures.ts';
import { metered, type StoreCall } from './metered.ts';
import { type Migrations, migrate, schemaState } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { peopleStore } from './people.ts';
import { phaseStore } from './phases.ts';
import { type Store, StoreError } from './port.ts';
import { openFile, sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { ticketStore } from './tickets.ts';

export interface OpenOptions {
  /** `postgres://…`; without it the database is the file `slipway.db` in `folder`. */
  url?: string | undefined;
  folder: string;
  signal?: AbortSignal | undefined;
  /** The clock; tests set it. */
  now?: (() => Date) | undefined;
  /** All that the database is to go through; tests shorten or lengthen the list. */
  migrations?: Migrations | undefined;
  /** Refuse a database whose schema is not up to date, instead of changing it: another Slipway may be at work with it. */
  asItIs?: boolean | undefined;
  /** Told of a backup and of each migration, for people who watch the start. */
  report?: ((line: string) => void) | undefined;
  /** Told of each call once it is over, for those who measure. */
  told?: ((call: StoreCall) => void) | undefined;
}

/**
 * The store, its schema brought up to date; an SQLite file is backed up first.
 * Throws `StoreError`: `corrupt` or `newer-schema` with what to do, `busy`, `unreachable`, or `failed`.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const executor = options.url ? await openPostgres(options.url, options) : await openSqlite(join(options.folder, 'slipway.db'), options);
  return assemble(options.told ? metered(executor, options.told) : executor, options.now ?? (() => new Date()));
}

/** The repositories over one executor. */
export function assemble(executor: Executor, now: () => Date): Store {
  return {
    people: peopleStore(executor, now),
    sessions: labSessionStore(executor, now),
    instances: labInstanceStore(executor, now),
    phases: phaseStore(executor, now),
    journal: journalStore(executor),
    attempts: attemptStore(executor),
    captures: captureStore(executor, now),
    measures: measureStore(executor),
    help: helpStore(executor, now),
    desk: deskStore(executor, now),
    disputes: disputeStore(executor, now),
    tickets: ticketStore(executor, now),
    log: labLogStore(executor, now),
    close: () => executor.close(),
  };
}

async function openSqlite(path: string, options: OpenOptions): Promise<Executor> {
  let file: DatabaseSync | undefined;
  try {
    const opened = await patiently(async () => openFile(path), performance.now() + patience, options);
    file = opened;
    requireSound(opened);
    const db = kysely(sqliteDialect(opened));
    const { version, pending } = await schemaState(db, options.migrations ?? migrations, options.signal);
    const [next] = pending;
    if (next !== undefined) {
      if (options.asItIs) throw outOfDate(version, pending);
      const copy = version === null ? null : backup(opened, path, version, next);
      if (copy !== null) options.report?.(`database backed up to ${copy}`);
      await migrate(db, options.migrations ?? migrations, options.signal);
      options.report?.(`database at schema ${pending.at(-1)}`);
    }
    return sqliteExecutor(db);
  } catch (error) {
    if (file?.isOpen) file.close();
    const found = toStoreError(error);
    throw found.code === 'corrupt' ? withRestoreAdvice(found, path) : found;
  }
}

async function openPostgres(url: string, options: OpenOptions): Promise<Executor> {
  const { postgresDialect } = await import('./postgres.ts');
  const db = kysely(postgresDialect(url));
  try {
    const { version, pending } = await schemaState(db, options.migrations ?? migrations, options.signal);
    if (pending.length > 0) {
      if (options.asItIs) throw outOfDate(version, pending);
      await migrate(db, options.migrations ?? migrations, options.signal);
      options.report?.(`database at schema ${pending.at(-1)}`);
    }
    return postgresExecutor(db);
  } catch (error) {
    await db.destroy();
    throw toStoreError(error);
  }
}

function outOfDate(version: string | null, pending: readonly string[]): StoreError {
  return new StoreError(
    'failed',
    `The database is at schema ${version ?? 'nothing'}, this Slipway needs ${pending.at(-1)}, and another one works with it. Stop that one first; the next start brings the database up to date.`,
  );
}

/** Camel case here, snake case in the database. */
export function kysely(dialect: ConstructorParameters<typeof Kysely<Tables>>[0]['dialect']): Kysely<Tables> {
  return new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] });
}
