import { expect, test } from 'vitest';
import { pacer } from '#terminal/pace.ts';

/** Lets terminals take output as fast as they may for a while. Answers what each took, in MiB a second. */
function flood(terminals: number, seconds: number): number[] {
  let clock = 0;
  const pace = pacer(() => clock);
  const paces = Array.from({ length: terminals }, pace);
  const taken = paces.map(() => 0);
  for (; clock < seconds * 1_000; clock += 1) {
    for (const [index, one] of paces.entries()) {
      if (one.wait() >= 1) continue;
      const bytes = Math.min(64 * 1024, one.most());
      one.passed(bytes);
      taken[index] = (taken[index] ?? 0) + bytes;
    }
  }
  return taken.map((bytes) => bytes / 1024 ** 2 / seconds);
}

test('one terminal that floods is never held back', () => {
  expect(flood(1, 2)[0]).toBeGreaterThan(60);
});

test('nine share, each as much as the others, and leave room', () => {
  const rates = flood(9, 10);
  expect(rates.reduce((sum, rate) => sum + rate)).toBeLessThan(1.5);
  expect(Math.min(...rates)).toBeGreaterThan(0.1);
  expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan(1.2);
});

test('floods beside each other have little at a time, one alone as much as it likes', () => {
  const pace = pacer(() => 0);
  const [first, second] = [pace(), pace()];
  first?.passed(1024 ** 2);
  expect(first?.most()).toBe(Number.POSITIVE_INFINITY);
  second?.passed(1024 ** 2);
  expect([first?.most(), second?.most()]).toEqual([8 * 1024, 8 * 1024]);
});

test('a terminal that shows a page now and then waits for no flood', () => {
  let clock = 0;
  const pace = pacer(() => clock);
  const [first, second, calm] = [pace(), pace(), pace()];
  for (; clock < 5_000; clock += 10) {
    for (const one of [first, second]) if (one?.wait() === 0) one.passed(64 * 1024);
    if (clock % 1_000 === 0) calm?.passed(8 * 1024);
    expect(calm?.wait()).toBe(0);
  }
});

test('who has the machine to itself again goes on at once', () => {
  let clock = 0;
  const pace = pacer(() => clock);
  const [stays, goes] = [pace(), pace()];
  for (; clock < 2_000; clock += 1) for (const one of [stays, goes]) if (one?.wait() === 0) one.passed(64 * 1024);
  goes?.left();
  clock += 100;
  for (let more = 0; more < 50; more++, clock += 1) if (stays?.wait() === 0) stays.passed(64 * 1024);
  expect(stays?.wait()).toBe(0);
});
