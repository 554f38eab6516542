import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '#store/open.ts';
import type { Store } from '#store/port.ts';
import { attemptOf, learner } from './learners.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from './postgres-server.ts';

const programs = postgresPrograms();
if (programs === null) console.warn("skipped: faults of PostgreSQL: no server programs here (Debian's package is postgresql)");

describe.skipIf(programs === null)('when PostgreSQL fails', () => {
  let server: PostgresServer;
  let store: Store;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'slipway-pg-faults-'));

  beforeAll(async () => {
    server = await startPostgres(programs ?? '');
    url = await server.database();
    store = await openStore({ folder, url });
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('connections that were ended while idle are replaced without anybody noticing', async () => {
    const { session } = await learner(store);
    await server.admin(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'slipway'`);
    await store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }));
    expect(await store.attempts.list({ session: session.id, limit: 10 })).toHaveLength(1);
  });

  test('a check while the server restarts is saved once it is back', async () => {
    const { session } = await learner(store);
    await server.kill();
    const saved = store.attempts.record(attemptOf(session, { score: 2, status: 'wrong' }));
    await server.start();
    const { id } = await saved;
    expect(await store.attempts.get(id)).toMatchObject({ verdict: { score: 2 } });
  });

  test('a server that stays away is told as unreachable after five seconds, and nothing stays broken', async () => {
    const { session } = await learner(store);
    await server.kill();
    const began = performance.now();
    await expect(store.attempts.record(attemptOf(session, { score: 3, status: 'wrong' }))).rejects.toMatchObject({
      name: 'StoreError',
      code: 'unreachable',
    });
    expect(performance.now() - began).toBeLessThan(8_000);
    await expect(openStore({ folder, url })).rejects.toMatchObject({ name: 'StoreError', code: 'unreachable' });
    await server.start();
    expect(await store.attempts.list({ session: session.id, limit: 10 })).toEqual([]);
    await store.attempts.record(attemptOf(session, { score: 3, status: 'wrong' }));
  });

  test('a check waits for the lock of another program, and is told busy when that lasts', async () => {
    const { session } = await learner(store);
    const other = new Client({ connectionString: url });
    await other.connect();
    const lock = () => other.query('begin; lock table lab_session in access exclusive mode');

    await lock();
    const release = other.query('select pg_sleep(2); commit');
    await store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }));
    await release;

    await lock();
    const refused = { name: 'StoreError', code: 'busy' };
    await expect(store.attempts.record(attemptOf(session, { score: 2, status: 'wrong' }))).rejects.toMatchObject(refused);
    await other.end();
    expect(await store.attempts.list({ session: session.id, limit: 10 })).toHaveLength(1);
  });

  test('a check whose connection is cut in the middle is told so, and is not half saved', async () => {
    const { session } = await learner(store);
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query('begin; lock table best in access exclusive mode');
    const cut = expect(store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }))).rejects.toMatchObject({
      code: 'unreachable',
    });
    const waiting = `select pg_terminate_backend(pid) as ended from pg_stat_activity where application_name = 'slipway' and wait_event_type = 'Lock'`;
    await vi.waitUntil(async () => (await server.admin(waiting)).length > 0, { timeout: 5_000 });
    await cut;
    await other.end();
    expect(await store.attempts.list({ session: session.id, limit: 10 })).toEqual([]);
    await store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }));
  });

  test('a server that answers before its disk does is told not to', async () => {
    await server.admin('alter system set synchronous_commit = off');
    await server.admin('select pg_reload_conf()');
    const careful = await openStore({ folder, url });
    const { session } = await learner(careful);
    await careful.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }));
    await server.kill();
    await server.start();
    expect(await careful.attempts.list({ session: session.id, limit: 10 })).toHaveLength(1);
    await careful.close();
  });
});
