import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { CompiledQuery, type DatabaseConnection, SqliteAdapter, type SqliteDatabase, SqliteDialect, SqliteDriver } from 'kysely';

/** Milliseconds the driver may hold the event loop for a lock; the rest of the waiting is done by the executor. */
const lockTimeout = 25;

/** Opens (or makes) the file: write-ahead log, every commit flushed to the disk, foreign keys enforced. Throws the driver's errors. */
export function openFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: lockTimeout });
  try {
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

/** Kysely's dialect over node:sqlite. */
export function sqliteDialect(file: DatabaseSync): SqliteDialect {
  return new NodeSqliteDialect(file);
}

class NodeSqliteDialect extends SqliteDialect {
  readonly #file: DatabaseSync;
  constructor(file: DatabaseSync) {
    super({ database: kyselyDatabase(file) });
    this.#file = file;
  }
  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#file);
  }
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

/** Takes the write lock when a transaction begins, when nothing is lost by waiting, rather than in the middle of it. */
class ImmediateDriver extends SqliteDriver {
  readonly #file: DatabaseSync;
  constructor(file: DatabaseSync) {
    super({ database: kyselyDatabase(file) });
    this.#file = file;
  }
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  // SQLite rolls back by itself when the disk is full or fails; a second rollback would hide that error behind its own.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
}

/** SQLite's schema changes are transactional; said here so that a migration that is killed leaves nothing half done. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Statements of an open database that are kept: more than the code has, but for lists of any length. */
const keptStatements = 300;

function kyselyDatabase(file: DatabaseSync): SqliteDatabase {
  const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  const made = (sql: string) => {
    const statement = file.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...bind(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...bind(parameters)),
      // Of its own: others may be asked while it goes on.
      iterate: (parameters: readonly unknown[]) => file.prepare(sql).iterate(...bind(parameters)),
    };
  };
  const kept = new Map<string, ReturnType<typeof made>>();
  return {
    close: () => file.close(),
    prepare(sql) {
      const statement = kept.get(sql) ?? made(sql);
      // What was asked last stands last.
      kept.delete(sql);
      kept.set(sql, statement);
      if (kept.size > keptStatements) kept.delete(kept.keys().next().value ?? sql);
      return statement;
    },
  };
}
