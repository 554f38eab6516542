import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Migrations } from '#store/migrate.ts';
import { migrations } from '#store/migrations/index.ts';
import { openStore } from '#store/open.ts';
import { openFile } from '#store/sqlite.ts';
import { attemptOf, learner } from './learners.ts';

const next: Migrations = {
  ...migrations,
  '9999-notes': {
    async up(db) {
      await db.schema.createTable('note').addColumn('text', 'text').execute();
    },
  },
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-file-'));
  path = join(folder, 'slipway.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Somebody's results, closed. */
async function results() {
  const store = await openStore({ folder });
  const { session } = await learner(store);
  const attempt = await store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
  await store.close();
  return attempt;
}

test('the first start makes the folder and the file, and tells of it; the second changes nothing', async () => {
  const lines: string[] = [];
  const nested = join(folder, 'state', 'here');
  for (let start = 0; start < 2; start++) {
    const store = await openStore({ folder: nested, report: (line) => lines.push(line) });
    await store.close();
  }
  expect(lines).toEqual(['database at schema 0005-fast-starts']);
  expect(readdirSync(nested)).toEqual(['slipway.db']);
});

test('every commit is flushed to the disk, and references are enforced', () => {
  const file = openFile(path);
  const settings = ['journal_mode', 'synchronous', 'foreign_keys'].map(
    (name) => Object.values(file.prepare(`PRAGMA ${name}`).get() ?? {})[0],
  );
  file.close();
  expect(settings).toEqual(['wal', 2, 1]);
});

test('an upgrade leaves a backup beside the file, and the old version can go back to it', async () => {
  const attempt = await results();
  const lines: string[] = [];
  await (await openStore({ folder, migrations: next, report: (line) => lines.push(line) })).close();
  const backup = join(folder, 'slipway.before-9999-notes.backup.db');
  expect(lines).toEqual([`database backed up to ${backup}`, 'database at schema 9999-notes']);

  copyFileSync(backup, path);
  const store = await openStore({ folder });
  expect(await store.attempts.get(attempt.id)).toMatchObject(attempt);
  await store.close();
});

test('without an upgrade no backup is made', async () => {
  await results();
  await (await openStore({ folder })).close();
  expect(readdirSync(folder)).toEqual(['slipway.db']);
});

test('a file whose pages are damaged is refused, with the way to restore it, and is left as it was', async () => {
  await results();
  await (await openStore({ folder, migrations: next })).close();
  const bytes = readFileSync(path);
  for (let page = 2; page < bytes.length / 4096; page += 2) bytes.fill(0xa5, page * 4096, page * 4096 + 512);
  writeFileSync(path, bytes);
  await expect(openStore({ folder, migrations: next })).rejects.toMatchObject({
    name: 'StoreError',
    code: 'corrupt',
    message: expect.stringMatching(/slipway\.db is damaged.*move slipway\.db.*slipway\.before-9999-notes\.backup\.db/s),
  });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('a file that is no database is refused and left as it was', async () => {
  writeFileSync(path, 'these are my notes, not a database\n'.repeat(200));
  const before = readFileSync(path);
  await expect(openStore({ folder })).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining('without one, Slipway begins'),
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a folder that cannot be made is told by name', async () => {
  writeFileSync(join(folder, 'taken'), '');
  await expect(openStore({ folder: join(folder, 'taken', 'state') })).rejects.toMatchObject({
    name: 'StoreError',
    code: 'failed',
    message: expect.stringContaining('taken'),
  });
  expect(existsSync(join(folder, 'taken', 'state'))).toBe(false);
});
