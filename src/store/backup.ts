import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from './port.ts';

/** Throws `corrupt` when SQLite finds the file damaged. */
export function requireSound(file: DatabaseSync): void {
  const found = check(file, 'quick_check');
  if (found !== 'ok') throw new StoreError('corrupt', found);
}

/**
 * Copies a database beside itself, checks the copy, and answers its path; an older copy of that name is replaced.
 * Null, and no copy, when the database is no longer at `version`: another server was faster to migrate it.
 */
export function backup(file: DatabaseSync, path: string, version: string, next: string): string | null {
  const copy = join(dirname(path), `${basename(path, '.db')}.before-${next}.backup.db`);
  const draft = `${copy}.${process.pid}.part`;
  try {
    file.prepare('VACUUM INTO ?').run(draft);
    const opened = new DatabaseSync(draft, { readOnly: true });
    const found = check(opened, 'integrity_check');
    const last = opened.prepare('SELECT max(name) AS name FROM kysely_migration').get();
    opened.close();
    if (found !== 'ok') throw new StoreError('corrupt', `its backup did not pass the check: ${found}`);
    if (last?.['name'] !== version) return null;
    flush(draft);
    renameSync(draft, copy);
    flush(dirname(copy));
    return copy;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The same error, telling an operator what to do about the file. */
export function withRestoreAdvice(error: StoreError, path: string): StoreError {
  const name = basename(path);
  const found = error.cause instanceof Error ? error.cause.message : error.message;
  const copies = readdirSync(dirname(path)).filter((other) => other.endsWith('.backup.db'));
  const restore =
    copies.length > 0
      ? `copy a backup to its place (in the same folder: ${copies.join(', ')})`
      : 'copy a backup of your own to its place (without one, Slipway begins with an empty database)';
  return new StoreError(
    'corrupt',
    `The database ${path} is damaged: ${found}. Stop Slipway, move ${name}, ${name}-wal and ${name}-shm out of the folder, ${restore}, and start again.`,
    { cause: error },
  );
}

function check(file: DatabaseSync, pragma: 'quick_check' | 'integrity_check'): string {
  const row = file.prepare(`PRAGMA ${pragma}(1)`).get();
  return String(Object.values(row ?? {})[0]);
}

function flush(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
