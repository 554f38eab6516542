import { join } from 'node:path';
import { runProgram } from '../run-program.ts';
import { astro } from '../site/build.ts';
import type { Outcome } from './outcome.ts';
import { proofOutcomes } from './proof-hashes.ts';
import type { StageContext, TestBed } from './stage.ts';

interface Check {
  name: string;
  command: (root: string) => [string, ...string[]];
}

const node = process.execPath;

const checks: readonly Check[] = [
  { name: 'types of the pages (astro check)', command: (root) => astro(root, 'check', '--minimumSeverity', 'error') },
  { name: 'types (tsc)', command: (root) => [node, join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noEmit'] },
  {
    name: 'lint, format and import rules (biome)',
    command: (root) => [node, join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', root],
  },
];

/** Types, lint and the proofs' hashes; each counts as one. The pages go first: they write the types that tsc reads. */
export async function staticChecks(context: StageContext, { settings }: TestBed): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, command } of checks) {
    context.detail(name);
    const { code, output } = await runProgram(command(context.root), {
      cwd: context.root,
      env: { ...context.env, NO_COLOR: '1', ASTRO_TELEMETRY_DISABLED: '1' },
      signal: context.signal,
      log: join(context.root, 'test-results', `${name.split(' ')[0]}.log`),
    });
    outcomes.push(code === 0 ? { name, state: 'passed' } : { name, state: 'failed', note: output.split('\n').slice(-60).join('\n') });
  }
  context.detail('proofs');
  return [...outcomes, ...proofOutcomes(settings.course)];
}
