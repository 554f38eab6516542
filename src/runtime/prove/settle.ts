import { setTimeout as delay } from 'node:timers/promises';
import type { Graded } from '../grade/grade-lab.ts';
import { changesOf } from './belongings.ts';
import type { Judging } from './judging.ts';
import { differences, type Expected, turns } from './outcome.ts';

/** For how long a step may take to come to what is expected, in milliseconds: kubelet and controllers take their time. */
const patience = 30_000;
/** A controller at work in the middle of a grade looks like the grade's doing; what a grade does, it does each time. */
const tries = 3;

/**
 * Judges until the verdicts are as expected, by reads alone where a task makes trials. Then presses Check, and judges once more:
 * the verdicts must stay, and no object of the learner may have become other. Answers what was graded, or what is wrong.
 */
export async function settle(
  judging: Judging,
  expected: Expected,
  signal: AbortSignal,
): Promise<{ graded: readonly Graded[]; problems: readonly string[] }> {
  const until = performance.now() + patience;
  for (;;) {
    const read = await judging.grade({ trials: false });
    const problems = differences(withoutWaiting(expected, read), verdictsOf(read));
    if (problems.length === 0) break;
    if (performance.now() > until) return { graded: read, problems };
    await delay(500, undefined, { signal });
  }
  for (let left = tries; ; left -= 1) {
    const { graded, problems, changes } = await check(judging, expected);
    if (problems.length > 0 || changes.length === 0 || left <= 1) return { graded, problems: [...problems, ...changes] };
    await delay(2000, undefined, { signal });
  }
}

async function check(judging: Judging, expected: Expected) {
  const before = await judging.belongings();
  const graded = await judging.grade({ trials: true });
  const after = await judging.belongings();
  const again = await judging.grade({ trials: false });
  const tried = graded.some(({ evidence }) => evidence.trials !== null);
  const waiting = new Set(again.filter(isWaiting).map(({ task }) => task.id));
  const problems = [
    ...differences(expected, verdictsOf(graded)),
    ...turns(verdictsOf(graded.filter(({ task }) => !waiting.has(task.id))), verdictsOf(again)),
  ];
  return { graded, problems, changes: changesOf(before, after, { tried }) };
}

const verdictsOf = (graded: readonly Graded[]) => graded.map(({ verdict }) => verdict);

/** Whether all that is missing is the trial that Check makes. */
const isWaiting = ({ verdict }: Graded) => verdict.status === 'not-yet' && verdict.findings.some(({ code }) => code === 'trial.waiting');

/** What is expected of the tasks that can be told by reads alone. */
function withoutWaiting(expected: Expected, graded: readonly Graded[]): Expected {
  const waiting = graded.filter(isWaiting).map(({ task }) => task.id);
  return Object.fromEntries(Object.entries(expected).filter(([task]) => !waiting.includes(task)));
}
