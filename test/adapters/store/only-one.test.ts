import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { holdFolder } from '#store/only-one.ts';

const module = join(import.meta.dirname, '../../../src/store/only-one.ts');

test('a second process is refused while the first lives, and not when it was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-only-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = `const { holdFolder } = await import(${JSON.stringify(module)}); holdFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
  const first = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(first.stdout, 'data');
  expect(() => holdFolder(folder)).toThrow(/Another Slipway already works with/);
  first.kill('SIGKILL');
  await once(first, 'exit');
  holdFolder(folder).release();
});
