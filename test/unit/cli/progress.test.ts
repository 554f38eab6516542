import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { progressOn, span } from '#cli/progress.ts';

let written = '';
const output = (isTTY: boolean) => ({
  isTTY,
  columns: 60,
  write(text: string) {
    written += text;
  },
});
beforeEach(() => {
  written = '';
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** A phase that takes this many seconds. */
const lasting = (seconds: number) => (detail: (text: string) => void) => {
  detail('step 1/3');
  return new Promise<string>((resolve) => setTimeout(() => resolve('made'), seconds * 1000));
};

test('without a terminal a quick phase is one line', async () => {
  const done = progressOn(output(false)).phase('image node', lasting(1), { said: (how) => how });
  await vi.advanceTimersByTimeAsync(1000);
  await done;
  expect(written).toBe('✓ image node: made (1.0 s)\n');
});

test('a slow phase says what it does, how far it is and about how long it takes', async () => {
  const done = progressOn(output(false)).phase('image node', lasting(20), { estimate: 420 });
  await vi.advanceTimersByTimeAsync(20_000);
  await done;
  expect(written).toBe(
    '… image node: step 1/3 (2.0 s of about 7 min)\n… image node: step 1/3 (15 s of about 7 min)\n✓ image node (20 s)\n',
  );
});

test('on a terminal there is one live line, never wider than the window', async () => {
  const done = progressOn(output(true)).phase('image node', lasting(3), { estimate: 420 });
  await vi.advanceTimersByTimeAsync(3000);
  await done;
  expect(written.split('\n')).toHaveLength(2);
  expect(written).toMatch(/image node {2}1\.\d s of about 7 min {2}step 1\/3/);
  for (const line of written.split('\r\u001b[2K')) expect(line.trimEnd().length).toBeLessThan(60);
});

test('a phase that fails is marked, and the error goes on', async () => {
  const failing = progressOn(output(false)).phase('image node', async (detail) => {
    detail('step 2/3');
    throw new Error('no network');
  });
  await expect(failing).rejects.toThrow('no network');
  expect(written).toBe('✗ image node: step 2/3 (0.0 s)\n');
});

test.each([
  [400, '0.4 s'],
  [9960, '10 s'],
  [59_600, '1 min'],
  [185_000, '3 min 5 s'],
])('%i ms is said as %s', (milliseconds, words) => expect(span(milliseconds)).toBe(words));
