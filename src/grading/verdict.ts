import { z } from 'zod';

export const statuses = ['passed', 'cannot-check', 'not-yet', 'wrong'] as const;

/** One thing that was found. Words are made from `code` and `params` (`wording.ts`); never the answer. */
export const Finding = z.strictObject({
  /** Stable, e.g. `claim.volume.not-a-claim`. */
  code: z.string(),
  params: z.record(z.string(), z.json()),
  /** Where in the observed values, e.g. `logbook.spec.template.spec.volumes`. */
  path: z.string(),
  seen: z.string(),
  needed: z.string(),
  why: z.string(),
  lookAt: z.string(),
});
export type Finding = z.infer<typeof Finding>;

export const Verdict = z.strictObject({
  task: z.string(),
  status: z.enum(statuses),
  /** Between 0 and the task's points. */
  score: z.number().nonnegative(),
  findings: z.array(Finding),
});
export type Verdict = z.infer<typeof Verdict>;
export type Status = Verdict['status'];
