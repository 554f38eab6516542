import { join } from 'node:path';
import { formatFault } from '#course/fault.ts';
import { checkCourse } from '../check-course.ts';
import { runProgram } from '../run-program.ts';
import { astro } from '../site/build.ts';
import type { Outcome } from './outcome.ts';
import { proofOutcomes } from './proof-hashes.ts';
import type { StageContext, TestBed } from './stage.ts';

interface Check {
  id: string;
  name: string;
  command: (root: string) => [string, ...string[]];
}

const node = process.execPath;
const pages: Check = {
  id: 'astro',
  name: 'types of the pages (astro check)',
  command: (root) => astro(root, 'check', '--minimumSeverity', 'error'),
};
const types: Check = {
  id: 'tsc',
  name: 'types (tsc)',
  command: (root) => [node, join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noEmit'],
};
const lint: Check = {
  id: 'biome',
  name: 'lint, format and import rules (biome)',
  command: (root) => [node, join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', root],
};

/** Types, lint, the contract between prose and labs, and the proofs' hashes; each counts as one. */
export async function staticChecks(context: StageContext, { settings }: TestBed): Promise<Outcome[]> {
  // The pages go before tsc: they write the types that it reads.
  const typed = async () => [await runCheck(pages, context), await runCheck(types, context)];
  const [both, linted] = await Promise.all([typed(), runCheck(lint, context)]);
  return [...both, linted, courseOutcome(settings.course), ...proofOutcomes(settings.course)];
}

async function runCheck({ id, name, command }: Check, { root, env, signal, detail }: StageContext): Promise<Outcome> {
  detail(name);
  const { code, output } = await runProgram(command(root), {
    cwd: root,
    env: { ...env, NO_COLOR: '1', ASTRO_TELEMETRY_DISABLED: '1' },
    signal,
    log: join(root, 'test-results', `${id}.log`),
  });
  return code === 0 ? { name, state: 'passed' } : { name, state: 'failed', note: output.split('\n').slice(-60).join('\n') };
}

function courseOutcome(course: string): Outcome {
  const name = 'lessons and labs hold together';
  const faults = checkCourse(course);
  return faults.length === 0 ? { name, state: 'passed' } : { name, state: 'failed', note: faults.map(formatFault).join('\n') };
}
