import type { Status, Verdict } from '#grading/verdict.ts';
import type { AttemptOnRecord } from '#store/port.ts';
import { codesOf, type Rejudged } from './rejudge.ts';

/** A verdict as the table of differences tells it apart. */
export interface Outcome {
  status: Status;
  score: number;
  points: number;
  codes: readonly string[];
}

/** Attempts whose verdict changes in one and the same way. */
export interface Difference {
  task: string;
  was: Outcome;
  now: Outcome;
  attempts: number;
  people: number;
}

/** What judging every attempt of a lab again comes to. */
export interface Tally {
  attempts: number;
  unchanged: number;
  /** Their evidence was cut when it was stored. */
  partial: number;
  /** Their evidence lacks what this grader reads. */
  unfit: number;
  /** By task that the lab has no longer. */
  unknownTasks: Readonly<Record<string, number>>;
  /** Most attempts first. */
  differences: readonly Difference[];
}

/** Counts attempts as they are judged again. */
export function tallying(): { count(attempt: AttemptOnRecord, rejudged: Rejudged): void; result(): Tally } {
  const counts = { attempts: 0, unchanged: 0, partial: 0, unfit: 0 };
  const unknownTasks = new Map<string, number>();
  const differences = new Map<string, { task: string; was: Outcome; now: Outcome; attempts: number; who: Set<string> }>();
  return {
    count(attempt, rejudged) {
      counts.attempts += 1;
      if (rejudged.kind === 'same') counts.unchanged += 1;
      else if (rejudged.kind === 'unknown-task') unknownTasks.set(attempt.task, (unknownTasks.get(attempt.task) ?? 0) + 1);
      else if (rejudged.kind !== 'different') counts[rejudged.kind] += 1;
      else {
        const [was, now] = [outcome(attempt.verdict, attempt.points), outcome(rejudged.verdict, rejudged.points)];
        const key = JSON.stringify([attempt.task, was, now]);
        const row = differences.get(key) ?? { task: attempt.task, was, now, attempts: 0, who: new Set() };
        row.attempts += 1;
        row.who.add(attempt.person);
        differences.set(key, row);
      }
    },
    result: () => ({
      ...counts,
      unknownTasks: Object.fromEntries(unknownTasks),
      differences: [...differences.values()]
        .map(({ who, ...row }) => ({ ...row, people: who.size }))
        .sort((a, b) => b.attempts - a.attempts || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    }),
  };
}

const outcome = (verdict: Verdict, points: number): Outcome => ({
  status: verdict.status,
  score: verdict.score,
  points,
  codes: codesOf(verdict),
});
