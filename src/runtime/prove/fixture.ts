import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Evidence } from '#grading/evidence.ts';
import type { Expected } from './outcome.ts';

/** Evidence as it was recorded at a step of a proof, and what must be judged from it. */
export interface Fixture {
  step: string;
  expected: Expected;
  evidence: readonly Evidence[];
}

const FixtureFile = z.strictObject({
  step: z.string(),
  expected: z.record(
    z.string(),
    z.union([z.strictObject({ passes: z.literal(true) }), z.strictObject({ passes: z.literal(false), code: z.string().exactOptional() })]),
  ),
  evidence: z.array(Evidence),
});

const into = (folder: string) => join(folder, 'fixtures');

/** The fixtures of a lab's folder by name; none when it was never proved. Throws naming the file that is not one. */
export function readFixtures(folder: string): Record<string, Fixture> {
  const names = existsSync(into(folder)) ? readdirSync(into(folder)).filter((name) => name.endsWith('.json')) : [];
  return Object.fromEntries(
    names.sort().map((name) => {
      const parsed = FixtureFile.safeParse(JSON.parse(readFileSync(join(into(folder), name), 'utf8')));
      if (!parsed.success) throw new Error(`${join(into(folder), name)} is no fixture:\n${z.prettifyError(parsed.error)}`);
      return [name.slice(0, -'.json'.length), parsed.data];
    }),
  );
}

/** Writes fixtures; with `all`, in place of those that are there. */
export function writeFixtures(folder: string, fixtures: Readonly<Record<string, Fixture>>, all: boolean): void {
  if (all) rmSync(into(folder), { recursive: true, force: true });
  mkdirSync(into(folder), { recursive: true });
  for (const [name, fixture] of Object.entries(fixtures))
    writeFileSync(join(into(folder), `${name}.json`), `${JSON.stringify(fixture, null, 1)}\n`);
}

/** The name of a step's fixture. */
export const fixtureName = (step: string) => step.replaceAll(/[^a-z0-9]+/g, '-');
