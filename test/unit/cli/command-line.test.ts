import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commands } from '#cli/commands.ts';

// Each test starts programs.
vi.setConfig({ testTimeout: 30_000 });

const root = resolve(import.meta.dirname, '../../..');
let data: string;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

function slipway(...argv: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, SLIPWAY_DATA: data, DOCKER_HOST: `unix://${data}/none.sock` };
  const run = spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), ...argv], { cwd: data, env, encoding: 'utf8' });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

test('help lists every command, and explains one', () => {
  const { code, out } = slipway();
  const listed = [...out.matchAll(/^ {2}(\w+) {2,}\w/gm)].map(([, name]) => name);
  expect([code, listed]).toEqual([0, [...Object.keys(commands), 'help']]);
  expect(slipway('help', 'up').out).toContain('--no-engine');
  expect(slipway('up', '--help').out).toBe(slipway('help', 'up').out);
});

test('an unknown command is named, and those there are', () => {
  expect(slipway('upp')).toEqual({
    code: 2,
    out: '',
    err: expect.stringMatching(/^slipway: "upp" is not a command\n {2}Commands: up, down,/),
  });
  expect(slipway('constructor').code).toBe(2);
});

test('serving beyond this machine is refused, and the tier that may is named', () => {
  const { code, err } = slipway('up', '--host', '0.0.0.0');
  expect([code, err]).toEqual([2, expect.stringMatching(/--host 0\.0\.0\.0: .*tier "class"/)]);
});

test('down without an engine says that it cannot see what is left', () => {
  const { code, err } = slipway('down');
  expect([code, err]).toEqual([1, expect.stringMatching(/cannot see what is left: .*there is no such socket/)]);
});

test('doctor tells each condition as text and as JSON, and exits 1 when something is in the way', () => {
  const { code, out } = slipway('doctor', '--json');
  const { findings } = JSON.parse(out) as { findings: { id: string; state: string; mend?: string }[] };
  expect(code).toBe(1);
  expect(findings.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'engine',
      'inotify',
      'disk',
      'memory',
      'cores',
      'nft-queue',
      'ip-vs',
      'netem',
      'node-image',
      'port',
      'chromium',
    ]),
  );
  expect(findings.find(({ id }) => id === 'engine')).toMatchObject({ state: 'problem', mend: expect.stringContaining('./slipway up') });
  expect(slipway('doctor').out).toMatch(/✗ Docker engine .*\n.*No lab can start/);
});
