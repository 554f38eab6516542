import fc from 'fast-check';
import { expect, test } from 'vitest';
import { steps } from './steps.ts';
import { play } from './story.ts';

const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';

test('whatever learners, servers, engines and clocks do, rows and containers agree, and at the end nothing is left', async () => {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      await play(story);
      played += 1;
    }),
    {
      numRuns: isFull ? 1_000 : 40,
      interruptAfterTimeLimit: isFull ? 600_000 : 20_000,
      endOnFailure: !isFull,
    },
  );
  console.info(`${played} sequences`);
  expect(played).toBeGreaterThan(0);
});
