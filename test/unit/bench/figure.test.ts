import { expect, test } from 'vitest';
import { ofLimit, ofPairs } from '../../../bench/figure.ts';
import { asStarlight } from '../../../bench/page/installed.ts';

const measured = { name: 'P6', what: 'open', unit: 'ms' };

test('the median of the pairs’ ratios is judged, with the best and the worst beside it', () => {
  const pairs = [
    { ours: 30, peer: 100 },
    { ours: 90, peer: 100 },
    { ours: 50, peer: 100 },
  ];
  expect(ofPairs({ ...measured, bar: 0.6 }, pairs)).toMatchObject({
    name: 'P6',
    ratio: 0.5,
    ok: true,
    ours: 50,
    peer: 100,
    pairs: { count: 3, min: 0.3, median: 0.5, max: 0.9 },
  });
  expect(ofPairs({ ...measured, bar: 0.4 }, pairs).ok).toBe(false);
});

test('a bar that is to be reached fails below it', () => {
  const pairs = [{ ours: 12, peer: 10 }];
  expect(ofPairs({ ...measured, bar: 1.3, holds: 'at least' }, pairs).ok).toBe(false);
  expect(ofPairs({ ...measured, bar: 1.1, holds: 'at least' }, pairs).ok).toBe(true);
});

test('an absolute bar is the ratio to what is allowed, and the peer only stands beside it', () => {
  expect(ofLimit({ ...measured, limit: 20 }, [25], [1])).toMatchObject({ ratio: 1.25, bar: 1, ok: false, ours: 25, peer: 1 });
  expect(ofLimit({ ...measured, limit: 20 }, [5])).toMatchObject({ ratio: 0.25, ok: true, peer: null });
});

test('what has no bar is told and never fails', () => {
  expect(ofPairs({ ...measured, bar: null }, [{ ours: 100, peer: 1 }])).toMatchObject({ ok: true, ratio: 100 });
});

test('a number that could not be had does not pass for a good one', () => {
  expect(ofPairs({ ...measured, bar: 1 }, []).ok).toBe(false);
  expect(ofLimit({ ...measured, limit: 1 }, [Number.NaN]).ok).toBe(false);
});

test('the peer’s page has the lesson’s prose and none of our components', () => {
  const lesson = [
    '---',
    'title: A title: with a colon',
    'summary: What it is about.',
    '---',
    "import X from './x';",
    '',
    '<Trap>',
    '',
    'Prose with `code` stays.',
    '',
    '</Trap>',
    '<Task id="claim" />',
    '<Figure title="One" desc="Two">',
    '  <svg viewBox="0 0 1 1"><path d="M 0 0" /></svg>',
    '</Figure>',
  ].join('\n');
  const page = asStarlight(lesson);
  expect(page).toContain('title: "A title: with a colon"');
  expect(page).toContain('description: "What it is about."');
  expect(page).toContain('Prose with `code` stays.');
  expect(page).toContain('<path d="M 0 0" />');
  expect(page).not.toMatch(/Trap|Task|Figure|import/);
});
