import { join } from 'node:path';
import { runProgram } from '../run-program.ts';
import { type Outcome, Report } from './outcome.ts';
import type { StageContext } from './stage.ts';

/** Runs Vitest over some projects and answers each case's outcome. */
export function runVitest(projects: readonly string[], extra: readonly string[], context: StageContext): Promise<Outcome[]> {
  const reporter = join(context.root, 'src/cli/test/vitest-reporter.ts');
  const which = projects.flatMap((project) => ['--project', project]);
  const args = [
    join(context.root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...which,
    `--reporter=${reporter}`,
    '--passWithNoTests',
    ...extra,
  ];
  return runRunner('vitest', args, context);
}

/** Runs Playwright's tests and answers each one's outcome. */
export function runPlaywright(context: StageContext): Promise<Outcome[]> {
  const reporter = join(context.root, 'src/cli/test/playwright-reporter.ts');
  const args = [join(context.root, 'node_modules/@playwright/test/cli.js'), 'test', `--reporter=${reporter}`];
  return runRunner('playwright', args, context);
}

async function runRunner(name: string, args: readonly string[], { root, detail, signal, env, stage }: StageContext): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  const { code, output } = await runProgram([process.execPath, ...args], {
    cwd: root,
    env: { ...env, CI: '1', NO_COLOR: '1' },
    signal,
    log: join(root, 'test-results', `${stage}.log`),
    message: (value) => {
      const report = Report.parse(value);
      if (!('begins' in report)) return void outcomes.push(report);
      const failed = count('failed');
      detail(`${count('passed')} passed${failed ? `, ${failed} failed` : ''}; ${report.begins}`);
    },
  });
  if (code !== 0 && count('failed') === 0) {
    outcomes.push({ name: `${name} itself`, state: 'failed', note: `it ended with ${code}\n${output.split('\n').slice(-30).join('\n')}` });
  }
  return outcomes;
}
