import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findOwned, isNothing } from '#cli/engine/owned.ts';
import { tryPrivileged } from '#cli/engine/trial.ts';
import { until } from './site.ts';

const entry = resolve(import.meta.dirname, '../../slipway');
let data: string;
let env: NodeJS.ProcessEnv;
const started: ChildProcess[] = [];
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'slipway-host-'));
  env = { ...process.env, SLIPWAY_POOL_MIB: '0', SLIPWAY_DATA: data, SLIPWAY_INSTANCE: `test-${data.slice(-6).toLowerCase()}` };
});
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

/** `./slipway up` on a free port, until it says where it serves. */
async function up(): Promise<{ child: ChildProcess; url: string; milliseconds: number; said: () => string }> {
  const began = performance.now();
  const child = spawn(entry, ['up', '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += String(chunk);
    });
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`up ended: ${said}`);
      return /Slipway is at http/.test(said);
    },
    'the site to be served',
    120,
  );
  return { child, url: /Slipway is at (\S+)/.exec(said)?.[1] ?? '', milliseconds: performance.now() - began, said: () => said };
}
const answers = async (url: string) => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true;

test('the engine runs a privileged container, and the trial leaves nothing behind', async () => {
  const docker = new Docker();
  const signal = AbortSignal.timeout(60_000);
  expect(await tryPrivileged(docker, 'test-trial', signal)).toEqual({ ok: true });
  expect(isNothing(await findOwned(docker, (instance) => instance === 'test-trial', signal))).toBe(true);
  expect(await docker.listImages({ all: true, filters: JSON.stringify({ label: ['slipway.part=trial'] }) })).toEqual([]);
});

test('doctor finds nothing in the way of a lab', () => {
  const { stdout } = spawnSync(entry, ['doctor', '--json', '--port', '0'], { env, encoding: 'utf8' });
  const { findings } = JSON.parse(stdout) as { findings: { id: string; state: string }[] };
  expect(findings.filter(({ state }) => state === 'problem')).toEqual([]);
  expect(findings).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'privileged', state: 'ok' })]));
});

test('once all is set up the site is served within ten seconds; a second one is refused, and a killed one leaves no server', async () => {
  const first = await up();
  const second = spawnSync(entry, ['up', '--port', '0'], { env, encoding: 'utf8' });
  expect([second.status, second.stderr]).toEqual([1, expect.stringContaining(`this course is already served at ${first.url}`)]);
  first.child.kill('SIGKILL');
  await until(async () => !(await answers(first.url)), 'the server to notice that it is alone');

  const again = await up();
  expect(again.milliseconds).toBeLessThan(10_000);
  expect(await answers(again.url)).toBe(true);
  const ended = once(again.child, 'exit');
  again.child.kill('SIGINT');
  expect([await ended, again.said()]).toEqual([[0, null], expect.stringContaining('Stopped.')]);
  expect(await answers(again.url)).toBe(false);
});

test('down stops a site that runs, and can be run twice', async () => {
  const running = await up();
  const down = () => spawnSync(entry, ['down'], { env, encoding: 'utf8' });
  expect(down()).toMatchObject({ status: 0, stdout: expect.stringMatching(/stopping the site at .*\n.*Nothing is left of instance/) });
  expect(await answers(running.url)).toBe(false);
  expect(down()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Nothing is left of instance/) });
});
