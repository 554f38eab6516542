import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';
import type { Report } from './outcome.ts';

const tell = (report: Report) => process.send?.(report);
// Playwright colours its errors for a terminal.
const plain = (error: TestError) => stripVTControlCharacters(error.stack ?? error.message ?? String(error.value));

/** Sends each browser test's outcome to the process that started Playwright. */
export default class ChannelReporter implements Reporter {
  onTestBegin(test: TestCase): void {
    tell({ begins: test.title });
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const name = test
      .titlePath()
      .filter((part) => part !== '')
      .join(' > ');
    if (result.status === 'skipped') {
      const note = test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description;
      tell({ name, state: 'skipped', ...(note ? { note } : {}) });
    } else if (test.outcome() === 'expected') tell({ name, state: 'passed' });
    else tell({ name, state: 'failed', note: result.errors.map(plain).join('\n') || result.status });
  }

  onError(error: TestError): void {
    tell({ name: 'an error outside any test', state: 'failed', note: plain(error) });
  }
}
