import type { GradedTask } from '#grading/grader.ts';
import { isWaitingForTrial } from '#grading/judge.ts';
import { regradeAttempt } from '#grading/regrade.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { AttemptOnRecord } from '#store/port.ts';

/** What a grader makes of an attempt on record. `partial`, `unfit` and `unknown-task`: nothing, and the verdict on record stays. */
export type Rejudged = { kind: 'same' | 'different'; verdict: Verdict; points: number } | { kind: 'partial' | 'unfit' | 'unknown-task' };

/**
 * Judges the attempts of a lab again, which must come oldest first: a `once` task is carried by an earlier pass only while an
 * attempt of the same session and epoch passes by what it saw itself. One that cannot be judged again earns a pass that is on
 * record, but none that was taken back before it.
 */
export function rejudger(tasks: readonly GradedTask[]): (attempt: AttemptOnRecord) => Rejudged {
  const earned = new Map<string, boolean>();
  return (attempt) => {
    const { session, epoch, task: id, verdict: was } = attempt;
    const key = JSON.stringify([session, epoch, id]);
    const rejudged = judgeAgain(tasks, attempt, earned.get(key) ?? false);
    if ('verdict' in rejudged) {
      if (rejudged.verdict.status === 'passed') earned.set(key, true);
      else if (attempt.firstStatus === 'passed') earned.set(key, earned.get(key) ?? false);
    } else if (was.status === 'passed') earned.set(key, earned.get(key) ?? true);
    return rejudged;
  };
}

function judgeAgain(tasks: readonly GradedTask[], attempt: AttemptOnRecord, passedBefore: boolean): Rejudged {
  const { task: id, evidence, verdict: was } = attempt;
  if (!tasks.some((task) => task.id === id)) return { kind: 'unknown-task' };
  if (evidence === null) return { kind: 'unfit' };
  const verdict = regradeAttempt(tasks, { task: id, evidence }, { passedBefore });
  if (typeof verdict === 'string') return { kind: verdict };
  if (isUnfit(verdict, { evidence, verdict: was })) return { kind: 'unfit' };
  const points = tasks.find((task) => task.id === id)?.points ?? attempt.points;
  return { kind: isSame({ verdict, points }, attempt) ? 'same' : 'different', verdict, points };
}

/** Whether the verdict speaks of what was not looked at or not kept at the time, so that it says nothing of the learner's work. */
function isUnfit(
  verdict: Verdict,
  { evidence, verdict: was }: Pick<AttemptOnRecord, 'verdict'> & Pick<NonNullable<AttemptOnRecord>, 'evidence'>,
) {
  if (isWaitingForTrial(verdict)) return !isWaitingForTrial(was);
  if (verdict.status !== 'cannot-check') return false;
  const looked = { ...evidence?.observed, ...evidence?.trials };
  return verdict.findings.some(({ code, params }) => {
    const name = params['observation'];
    return code === 'evidence.unreadable' || (typeof name === 'string' && !Object.hasOwn(looked, name));
  });
}

type Judged = Pick<AttemptOnRecord, 'verdict' | 'points'>;

/** Whether two verdicts say the same: other words for a code are no difference. */
function isSame(a: Judged, b: Judged): boolean {
  const plain = ({ verdict, points }: Judged) => JSON.stringify([verdict.status, verdict.score, points, codesOf(verdict)]);
  return plain(a) === plain(b);
}

/** The codes of a verdict's findings, each once, sorted. */
export const codesOf = ({ findings }: Pick<Verdict, 'findings'>) => [...new Set(findings.map(({ code }) => code))].sort();
