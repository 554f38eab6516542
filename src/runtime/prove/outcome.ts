import type { Verdict } from '#grading/verdict.ts';

/** What must be true of every task at a step of the proof. */
export type Expected = Readonly<Record<string, { passes: true } | { passes: false; code?: string }>>;

/** How verdicts differ from what must be true, a sentence each; empty when they do not. */
export function differences(expected: Expected, verdicts: readonly Verdict[]): string[] {
  return Object.entries(expected).flatMap(([task, wanted]) => {
    const verdict = verdicts.find((one) => one.task === task);
    if (verdict === undefined) return [`${task} was not judged`];
    const codes = verdict.findings.map(({ code }) => code);
    const said = `${verdict.status}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`;
    if (wanted.passes) return verdict.status === 'passed' ? [] : [`${task} should pass and is ${said}`];
    if (verdict.status !== 'wrong') return [`${task} should be wrong and is ${said}`];
    if (codes.length === 0) return [`${task} is wrong without a finding`];
    if (wanted.code !== undefined && !codes.includes(wanted.code)) return [`${task} should be wrong by ${wanted.code} and is ${said}`];
    return [];
  });
}

/** How verdicts differ from earlier ones on the same lab, a sentence each. */
export function turns(earlier: readonly Verdict[], later: readonly Verdict[]): string[] {
  const said = ({ status, findings }: Verdict) => {
    const codes = [...new Set(findings.map(({ code }) => code))].sort();
    return codes.length > 0 ? `${status} (${codes.join(', ')})` : status;
  };
  return earlier.flatMap((verdict) => {
    const again = later.find(({ task }) => task === verdict.task);
    if (again === undefined) return [`${verdict.task} was judged once`];
    return said(again) === said(verdict) ? [] : [`${verdict.task} was ${said(verdict)} and is ${said(again)} when judged a second time`];
  });
}

/** After a section of `solve.sh`: exactly the tasks so far. */
export function solvedSoFar(tasks: readonly string[], done: readonly string[]): Expected {
  return Object.fromEntries(tasks.map((task) => [task, { passes: done.includes(task) }]));
}

/** After a wrong answer: the tasks it names fail with their codes, those not done fail, all others pass. */
export function afterWrong(
  tasks: readonly string[],
  script: { fails: readonly { task: string; code: string }[]; notDone: readonly string[] },
): Expected {
  return Object.fromEntries(
    tasks.map((task) => {
      const failing = script.fails.find((one) => one.task === task);
      if (failing) return [task, { passes: false, code: failing.code }];
      return [task, { passes: !script.notDone.includes(task) }];
    }),
  );
}
