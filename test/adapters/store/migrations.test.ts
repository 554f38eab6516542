import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import type { Migrations } from '#store/migrate.ts';
import { migrations } from '#store/migrations/index.ts';
import { openStore } from '#store/open.ts';
import { type Opened, onEveryEngine } from './engines.ts';
import { attemptOf, learner } from './learners.ts';
import { run } from './programs/run.ts';

const next: Migrations = {
  ...migrations,
  '9999-notes': {
    async up(db) {
      await db.schema.createTable('note').addColumn('text', 'text').execute();
      await db.schema.alterTable('person').addColumn('note', 'text').execute();
    },
  },
};
const failing: Migrations = {
  ...migrations,
  '9999-notes': {
    async up(db) {
      await db.schema.createTable('note').addColumn('text', 'text').execute();
      throw new Error('a fault of the author');
    },
  },
};

async function results({ store, where }: Opened) {
  const { person, session } = await learner(store);
  const attempt = await store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
  return {
    /** The results are all there for a store opened with these migrations. */
    async expectKept(through: Migrations) {
      const store = await openStore({ ...where, migrations: through });
      expect(await store.attempts.get(attempt.id)).toMatchObject(attempt);
      expect(await store.attempts.best({ person })).toMatchObject([{ score: 4 }]);
      await store.close();
    },
  };
}

onEveryEngine('migrating, killed half-way,', (opened) => {
  test('leaves a database that both the old version and the new one open', async () => {
    const { expectKept } = await results(opened());
    const { folder, url } = opened().where;
    const dying = run('die-migrating', folder, ...(url === undefined ? [] : [url]));
    for await (const line of dying.lines) expect(line).toBe('never told');
    await dying.ended;
    expect(dying.process.signalCode).toBe('SIGKILL');
    await expectKept(migrations);
    await expectKept(next);
  });
});

onEveryEngine('an upgrade', (opened) => {
  test('that fails tells why and leaves the old version its database', async () => {
    const { expectKept } = await results(opened());
    await expect(openStore({ ...opened().where, migrations: failing })).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining('a fault of the author'),
    });
    await expectKept(migrations);
  });

  test('made by two servers at once is made once, keeps the results, and is refused to the old version', async () => {
    const { expectKept } = await results(opened());
    const both = await Promise.all([1, 2].map(() => openStore({ ...opened().where, migrations: next })));
    await Promise.all(both.map((store) => store.close()));
    await expectKept(next);
    await expect(openStore(opened().where)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'newer-schema',
      message: expect.stringMatching(/9999-notes.*knows up to 0005-fast-starts.*newer Slipway/),
    });
    await expectKept(next);
  });
});

onEveryEngine('results of the first release', (opened) => {
  test('are all there after the upgrade, with presses of Check counted apart', async () => {
    const { store, where } = opened();
    const { person, session } = await learner(store);
    for (const cause of ['check', 'turn', 'check'] as const) {
      await store.attempts.record({ ...attemptOf(session, { score: 1, status: 'wrong' }), cause });
    }
    await takeBack(where, [
      ...['instance_epoch', 'way'].map((column) => `alter table lab_session drop column ${column}`),
      'alter table lab_instance drop column ready_at',
      ...['capture', 'measure', 'help', 'desk', 'dispute', 'ticket', 'lab_log'].map((table) => `drop table ${table}`),
      'alter table lab_session drop column keep_until',
      'drop table revision',
      'alter table best drop column checks',
      'drop index attempt_lab',
      'drop index attempt_task',
      'drop index journal_witness',
      'drop index attempt_time',
      'drop index attempt_person_lab',
      'drop index attempt_person_task',
      'create index attempt_at on attempt (at)',
      'create index attempt_person on attempt (person, lab, task, at)',
      "delete from kysely_migration where name > '0001-initial'",
    ]);
    const upgraded = await openStore(where);
    expect(await upgraded.attempts.best({ person })).toMatchObject([{ score: 1, attempts: 3, checks: 2 }]);
    expect(await upgraded.attempts.list({ person, limit: 9 })).toHaveLength(3);
    expect(await upgraded.sessions.get(session.id)).toMatchObject({ id: session.id, keepUntil: null });
    await upgraded.close();
  });
});

/** Makes a database what the first release left. */
async function takeBack({ folder, url }: Opened['where'], statements: readonly string[]): Promise<void> {
  if (url === undefined) {
    const file = new DatabaseSync(join(folder, 'slipway.db'));
    for (const sql of statements) file.exec(sql);
    file.close();
    return;
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const sql of statements) await client.query(sql);
  await client.end();
}
