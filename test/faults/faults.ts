import { describe, expect, test } from 'vitest';
import type { Operation } from './operations.ts';
import { type Ill, trial } from './trial.ts';

const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';

/** With how many calls between those that go wrong, in the standard tests. */
const ills: readonly (Ill & { stride: number })[] = [
  { of: 'engine', how: 'killed', stride: 9 },
  { of: 'engine', how: 'fails', stride: 17 },
  { of: 'engine', how: 'conflicts', stride: 23 },
  { of: 'engine', how: 'lost', stride: 23 },
  { of: 'engine', how: 'away', stride: 17 },
  { of: 'engine', how: 'hangs', stride: 29 },
  { of: 'engine', how: 'mute', stride: 23 },
  { of: 'store', how: 'killed', stride: 17 },
  { of: 'store', how: 'busy', stride: 17 },
  { of: 'store', how: 'full', stride: 23 },
  { of: 'store', how: 'unsure', stride: 17 },
];

/** Each of the operations with each kind of ill, at one of its calls after another. */
export function faults(operations: readonly Operation[]): void {
  describe.concurrent.each(operations)('$name', (operation) => {
    test.concurrent.each(ills)('is finished or taken back whichever call of the $of $how', async (ill) => {
      const stride = isFull ? 1 : ill.stride;
      let last = 0;
      for (let at = isFull ? 1 : 2; await trial(operation, ill, at); at += stride) last = at;
      console.info(`${operation.name}: ${ill.of} ${ill.how}: ${last}`);
      expect(last).toBeGreaterThan(0);
    });
  });
}
