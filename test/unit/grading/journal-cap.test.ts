import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admit, type Draft, type History, historyOf, largestValue, release } from '#runtime/grade/journal-cap.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23) + seconds * 1000).toISOString();
const seen = (seconds: number, value: Draft['value'] = seconds): Draft => ({ at: at(seconds), kind: 'seen', value });

/** A witness that sees these things, and is looked after at these moments. */
function journalOf(events: readonly (Draft | { look: number })[]): Draft[] {
  let history: History = historyOf([]);
  return events.flatMap((event) => {
    const step = 'look' in event ? release(history, at(event.look)) : admit(history, event);
    history = step.history;
    return step.write;
  });
}
const burst = (count: number, from = 0, step = 0.01) => Array.from({ length: count }, (_, index) => seen(from + index * step, index));

test('what a lab does by itself is kept whole: a hundred changes in a second', () => {
  const events = burst(100);
  expect(journalOf(events)).toEqual(events);
});

test('a loop of changes is thinned out to its first and its newest, with a gap that says why', () => {
  const storm = burst(6_000);
  const journal = journalOf([...storm, { look: 62 }]);
  expect(journal.length).toBeLessThan(350);
  expect(journal.slice(0, 100)).toEqual(storm.slice(0, 100));
  expect(journal.at(-2)).toMatchObject({ kind: 'gap', value: { reason: 'too-many' } });
  expect(journal.at(-1)).toEqual({ at: at(62), kind: 'seen', value: 5_999 });
});

test('after a storm, and some quiet, single changes are kept as before', () => {
  const calm = [seen(600, 'a'), seen(660, 'b')];
  expect(journalOf([...burst(300), { look: 4 }, ...calm]).slice(-2)).toEqual(calm);
});

test('a week of a loop stays below a thousand entries', () => {
  const week = Array.from({ length: 7 * 24 * 60 * 2 }, (_, index) => seen(index * 30, index));
  expect(journalOf([...burst(60_000, 0, 0.1), ...week]).length).toBeLessThan(1_000);
});

test('large values fill a journal sooner', () => {
  const large = 'x'.repeat(largestValue - 10);
  const journal = journalOf(Array.from({ length: 600 }, (_, index) => seen(index * 60, `${index}${large}`.slice(0, large.length))));
  expect(JSON.stringify(journal).length).toBeLessThan(2 * 1024 * 1024);
});

test('a value too large to keep is a gap, until one can be kept', () => {
  const huge = 'x'.repeat(largestValue);
  const journal = journalOf([seen(0, 'a'), seen(1, huge), seen(2, `${huge}!`), seen(3, 'b')]);
  expect(journal).toEqual([
    seen(0, 'a'),
    { at: at(3), kind: 'gap', value: { from: at(1), reason: 'too-large' } },
    { at: at(3), kind: 'seen', value: 'b' },
  ]);
});

test('an outage is told with its own beginning, also when it is held back', () => {
  const outage: Draft = { at: at(2), kind: 'gap', value: { from: at(1) } };
  expect(journalOf([seen(0), outage])).toEqual([seen(0), outage]);
  const journal = journalOf([...burst(200, 0, 0.001), outage, { look: 10 }]);
  expect(journal.at(-1)?.kind).toBe('gap');
});

test('whatever is seen when: entries rise in time, and the newest is told in the end', () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(gaps, (steps) => {
      let now = 0;
      const events = steps.map(([pause, isLook], index) => {
        now += pause / 10;
        return isLook && index > 0 ? { look: now } : seen(now, index);
      });
      const newest = events.findLast((event) => !('look' in event));
      const journal = journalOf([...events, { look: now + 3600 }]);
      expect(journal.map((entry) => entry.at)).toEqual(journal.map((entry) => entry.at).sort());
      expect(journal.at(-1)?.value).toEqual(newest && 'value' in newest ? newest.value : null);
    }),
  );
});
