import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beTheOnlyOne, noteRunning, noteStopped, runningIn } from '#cli/running.ts';

vi.setConfig({ testTimeout: 30_000 });

const root = resolve(import.meta.dirname, '../../..');
let data: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'slipway-running-'));
});
afterEach(() => {
  other?.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

/** Code that runs with the functions of running.ts at hand, in a process that looks like Slipway's. */
const program = (code: string) => [
  '--input-type=module',
  '--eval',
  `import * as running from ${JSON.stringify(join(root, 'src/cli/running.ts'))}; const data = ${JSON.stringify(data)}; ${code}`,
  'src/cli/main.ts',
];

/** Another `up`, as far as it has come. */
async function otherUp(url: string | null): Promise<number> {
  const code = `running.beTheOnlyOne(data); running.noteRunning(data, ${JSON.stringify(url)}); console.log('there'); process.stdin.resume();`;
  const child = spawn(process.execPath, program(code), { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  other = child;
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

function up(): { code: number | null; err: string } {
  const env = { ...process.env, SLIPWAY_DATA: data };
  const ran = spawnSync(process.execPath, ['src/cli/main.ts', 'up', '--no-engine', '--port', '0'], { cwd: root, env, encoding: 'utf8' });
  return { code: ran.status, err: ran.stderr };
}

test('a second start during the first set-up is told who sets up, and leaves its note alone', async () => {
  const pid = await otherUp(null);
  expect(up()).toEqual({ code: 1, err: expect.stringContaining(`another npm start is setting this up (process ${pid})`) });
  expect(runningIn(data)).toEqual({ pid, url: null });
});

test('a second start while the first serves is told where', async () => {
  const pid = await otherUp('http://localhost:4321');
  expect(up()).toEqual({
    code: 1,
    err: expect.stringContaining(`this course is already served at http://localhost:4321 (process ${pid})`),
  });
});

test('a start that was killed keeps nobody out', async () => {
  await otherUp(null);
  const ended = other && once(other, 'exit');
  other?.kill('SIGKILL');
  await ended;
  expect(runningIn(data)).toBeNull();
  beTheOnlyOne(data).release();
});

test('who stops takes its own note away, and nobody else’s', () => {
  noteRunning(data, 'http://localhost:1');
  noteStopped(data);
  expect(existsSync(join(data, 'running.json'))).toBe(false);
  const others = JSON.stringify({ pid: process.pid + 1, url: 'http://localhost:1' });
  writeFileSync(join(data, 'running.json'), others);
  noteStopped(data);
  expect(readFileSync(join(data, 'running.json'), 'utf8')).toBe(others);
});

test('a note that an earlier life of this very process number left is stale', () => {
  const code = `running.noteRunning(data, 'http://localhost:1'); console.log(JSON.stringify(running.runningIn(data)));`;
  const ran = spawnSync(process.execPath, program(code), { cwd: root, encoding: 'utf8' });
  expect(ran.stdout).toBe('null\n');
});
