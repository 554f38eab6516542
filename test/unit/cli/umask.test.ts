import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const src = resolve(import.meta.dirname, '../../../src/cli');

test('what Slipway writes is its user’s alone, and what the programs it runs write has the user’s modes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-umask-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `
    import { writeFileSync } from 'node:fs';
    import { runProgram } from ${JSON.stringify(join(src, 'run-program.ts'))};
    import { asTheUserWould, keepToOneself } from ${JSON.stringify(join(src, 'umask.ts'))};
    process.umask(0o022);
    keepToOneself();
    keepToOneself();
    const signal = AbortSignal.timeout(10_000);
    await runProgram(['touch', 'program'], { cwd: ${JSON.stringify(folder)}, signal, log: ${JSON.stringify(join(folder, 'log'))} });
    asTheUserWould(() => writeFileSync(${JSON.stringify(join(folder, 'shared'))}, ''));
    writeFileSync(${JSON.stringify(join(folder, 'own'))}, '');`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
  const modes = ['own', 'log', 'program', 'shared'].map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8));
  expect(modes).toEqual(['600', '600', '644', '644']);
});
