import { z } from 'zod';

/** One observation's outcome. What is absent or refuses is a value; `ok: false` means only that we could not look. */
export const Observed = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.json() }),
  z.strictObject({ ok: z.literal(false), reason: z.string().max(2000) }),
]);
export type Observed = z.infer<typeof Observed>;

/** Something a witness saw, kept by the server from the lab's start. */
export const JournalEntry = z.strictObject({
  seq: z.int().positive(),
  at: z.iso.datetime(),
  /** The witness's name in the task's `witness`. */
  witness: z.string(),
  /** `gap`: nothing was watched from `value.from` to `at` (a pause, an outage, a restart of the server). */
  kind: z.enum(['seen', 'gone', 'gap']),
  value: z.json(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** Everything a verdict is made from: judge reads this and no clock. */
export const Evidence = z.strictObject({
  task: z.string(),
  at: z.iso.datetime(),
  /** Since when `settling` has held without a break; null when it does not hold or was not looked at. */
  settlingSince: z.iso.datetime().nullable(),
  observed: z.record(z.string(), Observed),
  /** Entries of the task's witnesses, oldest first. */
  journal: z.array(JournalEntry),
  /** What came of the task's trials; null when they were not made (live judging makes none). */
  trials: z.record(z.string(), Observed).nullable().default(null),
  /** Some of it exceeded the cap and was cut: the attempt cannot be regraded. */
  partial: z.boolean(),
});
export type Evidence = z.infer<typeof Evidence>;
