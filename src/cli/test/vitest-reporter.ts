import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { Report } from './outcome.ts';

const tell = (report: Report) => process.send?.(report);
const why = (errors: readonly SerializedError[]) => errors.map((error) => `${error.stack ?? error.message}${difference(error)}`).join('\n');
const difference = (error: SerializedError) => (typeof error['diff'] === 'string' ? `\n${error['diff']}` : '');

/** Sends each test case's outcome to the process that started Vitest. A file or hook that fails counts as a failed case. */
export default class ChannelReporter implements Reporter {
  onTestCaseReady(test: TestCase): void {
    tell({ begins: test.name });
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    const name = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (result.state === 'failed') tell({ name, state: 'failed', note: why(result.errors) });
    else if (result.state === 'passed') tell({ name, state: 'passed' });
    else tell({ name, state: 'skipped', note: ('note' in result ? result.note : undefined) ?? `marked ${test.options.mode ?? 'skip'}` });
  }

  onTestSuiteResult(suite: TestSuite): void {
    const errors = suite.errors();
    if (errors.length > 0)
      tell({ name: `${suite.module.relativeModuleId} > ${suite.fullName} (set-up)`, state: 'failed', note: why(errors) });
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = module.errors();
    if (errors.length > 0) tell({ name: module.relativeModuleId, state: 'failed', note: why(errors) });
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) {
      const near = [error['VITEST_TEST_PATH'], error['VITEST_TEST_NAME']].filter((part) => typeof part === 'string').join(' > ');
      tell({ name: `an error that no test caught${near && `, during ${near}`}`, state: 'failed', note: why([error]) });
    }
  }
}
