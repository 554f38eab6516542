import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });

const entry = resolve(import.meta.dirname, '../../../slipway');

/**
 * A checkout whose `node` and `npm` are small scripts: npm writes down that it ran and makes the program that the
 * `node` package would bring, which prints what it was asked to run.
 */
let home: string;
let checkout: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slipway entry '));
  checkout = join(home, 'check out');
  mkdirSync(join(home, 'bin'), { recursive: true });
  mkdirSync(checkout);
  copyFileSync(entry, join(checkout, 'slipway'));
  writeFileSync(join(checkout, 'package-lock.json'), '{"lock": 1}');
  script('bin/node', 'echo v20.20.2');
  script('bin/npm', npm(''));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const script = (path: string, body: string) => {
  writeFileSync(join(home, path), `#!/bin/sh\n${body}\n`);
  chmodSync(join(home, path), 0o755);
};
const npm = (before: string) => `
${before}
echo "$PWD: $*" >>'${home}/npm.log'
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho "ran $*"\\n' >node_modules/.bin/node
chmod +x node_modules/.bin/node`;
const installs = () => (existsSync(join(home, 'npm.log')) ? readFileSync(join(home, 'npm.log'), 'utf8').trim().split('\n') : []);

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number; out: string; err: string }>;
}
function start(argv: readonly string[] = ['help'], options: { cwd?: string; program?: string } = {}): Run {
  const program = options.program ?? join(checkout, 'slipway');
  const env = { ...process.env, PATH: `${join(home, 'bin')}:/usr/bin:/bin` };
  const child = spawn(program, argv, { cwd: options.cwd ?? checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = text(child.stdout);
  const err = text(child.stderr);
  const ended = once(child, 'close').then(async ([code]) => ({ code: Number(code), out: await out, err: await err }));
  return { child, ended };
}
const run = (...args: Parameters<typeof start>) => start(...args).ended;

test('the first run installs what the lock says, and the second does not', async () => {
  const first = await run(['up', '--port', '5000']);
  expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^ran .*src\/cli\/main\.ts up --port 5000\n$/)]);
  expect(first.err).toContain('installing the locked dependencies');
  expect(await run(['down'])).toMatchObject({ code: 0, out: expect.stringContaining('main.ts down'), err: '' });
  expect(installs()).toEqual([expect.stringMatching(/check out: install .*--no-audit --no-fund/)]);
});

test('a lock that changed is installed', async () => {
  await run();
  writeFileSync(join(checkout, 'package-lock.json'), '{"lock": 2}');
  await run();
  expect(installs()).toHaveLength(2);
});

test('it works from any folder and through a link', async () => {
  symlinkSync('check out/slipway', join(home, 'link'));
  const { code, out } = await run(['help'], { cwd: '/', program: join(home, 'link') });
  expect([code, out]).toEqual([0, expect.stringContaining(join(checkout, 'src/cli/main.ts'))]);
});

test('an install that was cut short is done again by the next run', async () => {
  script('bin/npm', `mkdir -p node_modules/half; echo $$ >'${home}/begun'; exec sleep 60`);
  const cut = start();
  await vi.waitFor(() => expect(existsSync(join(home, 'begun'))).toBe(true), 10_000);
  cut.child.kill('SIGKILL');
  process.kill(Number(readFileSync(join(home, 'begun'), 'utf8')), 'SIGKILL');
  script('bin/npm', npm(''));
  expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining('main.ts help') });
  expect(installs()).toHaveLength(1);
});

test('an install that fails is tried once more from nothing, and then told', async () => {
  script('bin/npm', npm(`echo x >>'${home}/tries'; [ "$(wc -l <'${home}/tries')" -gt 1 ] || { mkdir -p node_modules/broken; exit 1; }`));
  expect((await run()).code).toBe(0);
  expect(existsSync(join(checkout, 'node_modules/broken'))).toBe(false);
  rmSync(join(checkout, 'node_modules'), { recursive: true });
  script('bin/npm', 'echo "npm says why" >&2; exit 1');
  expect(await run()).toMatchObject({
    code: 1,
    err: expect.stringMatching(/npm says why[\s\S]*slipway: npm could not install the dependencies/),
  });
});

test('two at once install once', async () => {
  script('bin/npm', npm(`touch '${home}/begun'; while [ ! -e '${home}/go' ]; do sleep 0.05; done`));
  const first = start();
  await vi.waitFor(() => expect(existsSync(join(home, 'begun'))).toBe(true), 10_000);
  const second = start();
  second.child.stderr?.once('data', () => writeFileSync(join(home, 'go'), ''));
  expect([(await first.ended).code, (await second.ended).code]).toEqual([0, 0]);
  expect((await second.ended).err).toContain('is installing the dependencies; waiting for it');
  expect(installs()).toHaveLength(1);
});

test('several that wait for one that was killed install once, never side by side', async () => {
  const dead = spawn('true');
  await once(dead, 'exit');
  const turn = join(checkout, '.slipway/installing');
  mkdirSync(turn, { recursive: true });
  writeFileSync(join(turn, 'pid'), `${dead.pid}\n`);
  script('bin/npm', npm(`mkdir '${home}/busy' || touch '${home}/beside'; sleep 0.3; rmdir '${home}/busy'`));
  const runs = await Promise.all(Array.from({ length: 8 }, () => run()));
  expect(runs.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 0));
  expect([installs().length, existsSync(join(home, 'beside'))]).toEqual([1, false]);
  expect(readdirSync(join(checkout, '.slipway'))).toEqual([]);
});

test('the data folder is its owner’s alone, and the dependencies have the modes they came with', async () => {
  await run();
  expect(statSync(join(checkout, '.slipway')).mode & 0o777).toBe(0o700);
  expect(statSync(join(checkout, 'node_modules')).mode & 0o777).toBe(0o777 & ~process.umask());
});

test('an old Node, or none, is told with what to do', async () => {
  script('bin/node', 'echo v18.19.0');
  expect(await run()).toMatchObject({ code: 1, err: expect.stringMatching(/Node v18\.19\.0 is too old: Slipway needs Node 20 or newer/) });
  expect(installs()).toEqual([]);
});
