import { z } from 'zod';

/** How one test case, check or step of set-up ended. A runner's reporters send it over Node's channel. */
export const Outcome = z.strictObject({
  name: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  /** Why it failed, or was skipped. */
  note: z.string().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** What a reporter sends: a case that begins, or how one ended. */
export const Report = z.union([z.strictObject({ begins: z.string() }), Outcome]);
export type Report = z.infer<typeof Report>;

/** The run's last line. */
export function summary(outcomes: readonly Outcome[]): string {
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}

/** What is worth telling of a stage: failures with their reason, skips with theirs. */
export function details(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ name, state, note }) => {
    if (state === 'passed') return [];
    if (state === 'skipped') return [`  - skipped: ${name}: ${note ?? 'no reason was given'}`];
    return [
      `  ✗ ${name}`,
      ...(note ?? '')
        .trimEnd()
        .split('\n')
        .map((line) => `    | ${line}`),
    ];
  });
}
