import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** One line of `mutants.yaml`: mutants that no grader has to notice, and why. */
export const Excuse = z.strictObject({
  /** A pattern as `lab mutate` prints it; with `.**` at its end, everything below. */
  path: z.string(),
  kind: z.string().optional(),
  task: z.string().optional(),
  reason: z.string().min(10, 'say in a sentence why nobody needs to notice'),
});
export type Excuse = z.infer<typeof Excuse>;

/** What a lab's `mutants.yaml` excuses; nothing when it has none. Throws naming the file. */
export function readExcuses(folder: string): readonly Excuse[] {
  const path = join(folder, 'mutants.yaml');
  if (!existsSync(path)) return [];
  const parsed = z.array(Excuse).safeParse(parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is not as it should be:\n${z.prettifyError(parsed.error)}`);
}

export function excuses({ path, kind, task }: Excuse, mutant: { pattern: string; kind: string; task: string }): boolean {
  const below = path.endsWith('.**') ? path.slice(0, -'.**'.length) : null;
  const isThere = below === null ? mutant.pattern === path : mutant.pattern === below || mutant.pattern.startsWith(`${below}.`);
  return isThere && (kind === undefined || kind === mutant.kind) && (task === undefined || mutant.task.split(', ').includes(task));
}
