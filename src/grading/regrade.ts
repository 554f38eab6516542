import type { Evidence } from './evidence.ts';
import { type GradedTask, passedName } from './grader.ts';
import { judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

/**
 * What an attempt comes to by its evidence when it is judged again, maybe by a mended grader. `partial`: some of the evidence
 * was cut, so nothing can be said. A `once` task is carried by its journal entry only while the attempt that earned it
 * (of the same session and epoch) still passes: say so by `passedBefore`, going through attempts oldest first.
 */
export function regradeAttempt(
  tasks: readonly GradedTask[],
  { task: id, evidence }: { task: string; evidence: Evidence },
  { passedBefore = true }: { passedBefore?: boolean } = {},
): Verdict | 'partial' | 'unknown-task' {
  const task = tasks.find((one) => one.id === id);
  if (task === undefined) return 'unknown-task';
  if (evidence.partial) return 'partial';
  const journal = passedBefore ? evidence.journal : evidence.journal.filter(({ witness }) => witness !== passedName(id));
  return judge(task, { ...evidence, journal });
}
