import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endSessions } from '#cli/end-sessions.ts';
import { openStore } from '#store/open.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'slipway-down-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

test('labs that were removed are not made anew by the next start, and their learners are told why they ended', async () => {
  const store = await openStore({ folder: data });
  const person = await store.people.create({ name: 'Ada', roles: ['learner'] });
  const { session } = await store.sessions.begin({ person: person.id, lab: '04-x', labVersion: 'v' });
  await store.sessions.admit(session.id);
  expect(await store.instances.list()).toHaveLength(1);
  await store.close();

  await endSessions({ data, databaseUrl: undefined }, async () => undefined);

  const after = await openStore({ folder: data });
  expect(await after.sessions.listLive()).toEqual([]);
  expect(await after.instances.list()).toEqual([]);
  expect(await after.sessions.get(session.id)).toMatchObject({ state: 'ended', reason: { code: 'ended-by-down' } });
  await after.close();
});

test('a removal that fails leaves it written down that the labs are ending', async () => {
  const store = await openStore({ folder: data });
  const person = await store.people.create({ name: 'Ada', roles: ['learner'] });
  const { session } = await store.sessions.begin({ person: person.id, lab: '04-x', labVersion: 'v' });
  await store.close();
  const failing = endSessions({ data, databaseUrl: undefined }, async () => {
    throw new Error('the engine is gone');
  });
  await expect(failing).rejects.toThrow('the engine is gone');
  const after = await openStore({ folder: data });
  expect((await after.sessions.get(session.id))?.state).toBe('ending');
  await after.close();
});

test('where nothing was ever stored, no database is made', async () => {
  let removed = 0;
  await endSessions({ data, databaseUrl: undefined }, async () => {
    removed += 1;
  });
  expect([removed, readdirSync(data)]).toEqual([1, []]);
});
