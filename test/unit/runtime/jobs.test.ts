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
  expect(all.busy('a')).toBe(false);
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
