import { expect, test } from 'vitest';
import { jobs } from '#runtime/jobs.ts';

test('a later piece of work aborts the one before and waits for its end', async () => {
  const seen: string[] = [];
  const all = jobs(() => seen.push('error'));
  const started = Promise.withResolvers<void>();
  const first = all.run('a', async (signal) => {
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    seen.push('first ended');
  });
  await started.promise;
  const second = all.run('a', async () => {
    seen.push('second ran');
  });
  await Promise.all([first, second]);
  expect(seen).toEqual(['first ended', 'second ran']);
});

test('idle work gives way to what is under way', async () => {
  const all = jobs(() => {});
  const release = Promise.withResolvers<void>();
  const first = all.run('a', () => release.promise);
  let ran = 0;
  const idle = async () => {
    ran += 1;
  };
  await all.runIfIdle('a', idle);
  expect(ran).toBe(0);
  release.resolve();
  await first;
  await all.runIfIdle('a', idle);
  expect(ran).toBe(1);
});

test('work that was aborted is no error', async () => {
  const errors: unknown[] = [];
  const all = jobs((_session, error) => errors.push(error));
  const started = Promise.withResolvers<void>();
  const first = all.run('a', (signal) => {
    started.resolve();
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  });
  await started.promise;
  await Promise.all([first, all.run('a', async () => {})]);
  expect(errors).toEqual([]);
});

test('work on different sessions runs side by side, and an error is handed on', async () => {
  const errors: unknown[] = [];
  const all = jobs((session, error) => errors.push([session, error]));
  const failure = new Error('broken');
  await Promise.all([all.run('a', () => Promise.reject(failure)), all.run('b', () => Promise.resolve())]);
  expect(errors).toEqual([['a', failure]]);
});

test('closing aborts what runs and refuses what comes', async () => {
  const all = jobs(() => {});
  let aborted = false;
  const started = Promise.withResolvers<void>();
  void all.run('a', async (signal) => {
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    aborted = true;
  });
  await started.promise;
  await all.close();
  expect(aborted).toBe(true);
  let ran = false;
  await all.run('a', async () => {
    ran = true;
  });
  expect(ran).toBe(false);
});
