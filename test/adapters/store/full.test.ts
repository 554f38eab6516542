import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sqliteExecutor } from '#store/executor.ts';
import { assemble, kysely, openStore } from '#store/open.ts';
import { openFile, sqliteDialect } from '#store/sqlite.ts';
import { attemptOf, learner } from './learners.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-full-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('on a full disk writing is refused, reading goes on, what was saved is there, and room makes it work again', async () => {
  await (await openStore({ folder })).close();
  const file = openFile(join(folder, 'slipway.db'));
  const store = assemble(sqliteExecutor(kysely(sqliteDialect(file))), () => new Date());
  const { person, session } = await learner(store);
  const { token } = await store.people.openSession(person, new Date(Date.now() + 3_600_000).toISOString());

  const { page_count: pages } = file.prepare('PRAGMA page_count').get() ?? {};
  file.exec(`PRAGMA max_page_count = ${Number(pages) + 4}`);
  const saved: string[] = [];
  const recordUntilRefused = async () => {
    for (;;) saved.push((await store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }))).id);
  };
  await expect(recordUntilRefused()).rejects.toMatchObject({
    name: 'StoreError',
    code: 'full',
    message: expect.stringContaining('make room'),
  });

  expect(saved.length).toBeGreaterThan(0);
  expect((await store.attempts.list({ person, limit: 1_000 })).map((attempt) => attempt.id).sort()).toEqual([...saved].sort());
  expect(await store.attempts.best({ person })).toMatchObject([{ attempts: saved.length }]);
  expect(await store.people.bySession(token)).toMatchObject({ id: person });

  file.exec('PRAGMA max_page_count = 1000000');
  await store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
  expect(await store.attempts.best({ person })).toMatchObject([{ score: 4, attempts: saved.length + 1 }]);
  await store.close();
});
