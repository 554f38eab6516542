import { expect, test } from 'vitest';
import type { JournalEntry } from '#grading/evidence.ts';
import { undisturbed } from '#runtime/grade/undisturbed.ts';

const at = (seq: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, seq)).toISOString();
const entry = (seq: number, witness: string, value: JournalEntry['value']): JournalEntry => ({
  seq,
  at: at(seq),
  witness,
  kind: 'seen',
  value,
});
const begun = (seq: number, task = 'a') => entry(seq, `${task}:trial`, { state: 'begun' });
const undone = (seq: number, task = 'a') => entry(seq, `${task}:trial`, { state: 'undone' });
const pods = (seq: number, count: number) => entry(seq, 'b.pods', count);
const told = (entries: readonly JournalEntry[]) =>
  undisturbed(entries, ['a:trial', 'c:trial']).map(({ seq, kind, value }) => [seq, kind, value]);

test('what happened while nothing was tried stays as it is', () => {
  expect(told([pods(1, 2), begun(2), undone(3), pods(4, 1)])).toEqual([
    [1, 'seen', 2],
    [4, 'seen', 1],
  ]);
});

test('what a trial did to the lab is a gap, and how things were at its end', () => {
  expect(told([pods(1, 2), begun(2), pods(3, 0), pods(4, 1), pods(5, 2), undone(6), pods(7, 3)])).toEqual([
    [1, 'seen', 2],
    [2, 'gap', { from: at(2), reason: 'trial' }],
    [5, 'seen', 2],
    [7, 'seen', 3],
  ]);
});

test('a trial that is under way, or that a crash left, hides what came since, and says so', () => {
  expect(told([pods(1, 2), begun(2), pods(3, 0), pods(4, 1)])).toEqual([
    [1, 'seen', 2],
    [2, 'gap', { from: at(2), reason: 'trial', isOpen: true }],
    [4, 'seen', 1],
  ]);
});

test('trials of several tasks, each with its own time', () => {
  expect(told([begun(1), pods(2, 0), undone(3), pods(4, 2), begun(5, 'c'), pods(6, 1), undone(7, 'c')])).toEqual([
    [1, 'gap', { from: at(1), reason: 'trial' }],
    [2, 'seen', 0],
    [4, 'seen', 2],
    [5, 'gap', { from: at(5), reason: 'trial' }],
    [6, 'seen', 1],
  ]);
});
