import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '#store/open.ts';
import type { Store } from '#store/port.ts';
import { attemptOf, learner } from './learners.ts';
import { run } from './programs/run.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-locked-'));
  store = await openStore({ folder });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that holds the write lock for so long. */
async function lockedFor(milliseconds: number) {
  const holder = run('hold-lock', join(folder, 'slipway.db'), String(milliseconds));
  expect((await holder.lines.next()).value).toBe('locked');
  return holder;
}

/**
 * The longest time our event loop did not turn while `work` ran, and what may be laid to the machine:
 * the worst that a thread with nothing to do met meanwhile. In ms.
 */
async function longestStall<T>(work: () => Promise<T>): Promise<{ result: T; stall: number; machine: number }> {
  const bystander = new Worker(new URL('./programs/bystander.ts', import.meta.url));
  await once(bystander, 'message');
  let stall = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    stall = Math.max(stall, performance.now() - last);
    last = performance.now();
  }, 5);
  try {
    const result = await work();
    bystander.postMessage('tell');
    const [machine] = (await once(bystander, 'message')) as [number];
    return { result, stall, machine };
  } finally {
    clearInterval(timer);
    await bystander.terminate();
  }
}

test('twenty checks while another program locks the database for three seconds are all saved, and the server goes on', async () => {
  const { person, session } = await learner(store);
  const holder = await lockedFor(3_000);
  let readsMeanwhile = 0;
  const { stall, machine } = await longestStall(async () => {
    const writes = Promise.all(Array.from({ length: 20 }, () => store.attempts.record(attemptOf(session, { score: 1, status: 'wrong' }))));
    let waiting = true;
    const saved = writes.finally(() => {
      waiting = false;
    });
    while (waiting) {
      await new Promise((resolve) => setImmediate(resolve));
      if ((await store.sessions.get(session.id)) !== null) readsMeanwhile++;
    }
    await saved;
  });
  await holder.ended;
  expect(await store.attempts.list({ person, limit: 100 })).toHaveLength(20);
  expect(stall).toBeLessThan(100 + 2 * machine);
  expect(readsMeanwhile).toBeGreaterThan(20);
});

test('a lock that outlasts our patience answers busy to all, nothing is half saved, and the next try succeeds', async () => {
  const { person, session } = await learner(store);
  const holder = await lockedFor(12_000);
  const began = performance.now();
  const { result, stall, machine } = await longestStall(() =>
    Promise.allSettled(Array.from({ length: 20 }, () => store.attempts.record(attemptOf(session, { score: 4, status: 'passed' })))),
  );
  const took = performance.now() - began;
  expect(result.map((one) => one.status === 'rejected' && one.reason)).toEqual(
    Array.from({ length: 20 }, () => expect.objectContaining({ name: 'StoreError', code: 'busy' })),
  );
  expect(took).toBeGreaterThan(4_900);
  expect(stall).toBeLessThan(100 + 2 * machine);
  expect(holder.process.exitCode).toBeNull();
  holder.process.kill('SIGKILL');
  await holder.ended;
  expect(await store.attempts.list({ person, limit: 10 })).toEqual([]);
  await store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
  expect(await store.attempts.best({ person })).toMatchObject([{ score: 4, attempts: 1 }]);
});

test('a person is recognised while the database is locked', async () => {
  const later = new Date(Date.now() + 120_000);
  const { id } = await store.people.create({ name: 'Ada', roles: ['learner'] });
  const { token } = await store.people.openSession(id, new Date(Date.now() + 3_600_000).toISOString());
  const reader = await openStore({ folder, now: () => later });
  const holder = await lockedFor(4_000);
  expect(await reader.people.bySession(token)).toMatchObject({ id });
  expect(holder.process.exitCode).toBeNull();
  holder.process.kill('SIGKILL');
  await holder.ended;
  await reader.close();
});
