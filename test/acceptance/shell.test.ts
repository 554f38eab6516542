import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ringBytes } from '#lab/wire.ts';
import { type Road, roadTo } from '../fakes/proxy/proxy.ts';
import { type ShellPage, shellPage } from './shell-page.ts';
import { type Site, site, until } from './site.ts';
import { processesOf, sweep, type ToolboxLab, toolboxes } from './toolboxes.ts';

const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';
const MiB = 1024 * 1024;

let here: Site;
let lab: ToolboxLab;
let other: ToolboxLab;
let road: Road;

beforeAll(async () => {
  here = await site({ SLIPWAY_NO_ENGINE: '1' });
  const [first, second] = await toolboxes(here, 2);
  if (first === undefined || second === undefined) throw new Error('no toolbox was made');
  lab = first;
  other = second;
  await here.start();
  road = await roadTo(Number(new URL(here.origin).port));
});
afterAll(async () => {
  await road?.close();
  await here?.close();
  if (here) await sweep(here);
});

/** A shell's page as a browser holds it, on the road that can be cut; closed at the test's end. */
const pages: ShellPage[] = [];
async function page(shell: number, way: Road | null = road): Promise<ShellPage> {
  const opened = await shellPage(here, lab, shell, way);
  pages.push(opened);
  return opened;
}
afterEach(async () => {
  road.cutAfter(null);
  road.blackhole(false);
  for (const opened of pages.splice(0)) await opened.leave();
});

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const residentMiB = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${here.pid()}/status`, 'utf8'))?.[1]) / 1024;

/** The same numbers each run, so that a failure can be had again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a stream of counters comes through cuts at odd moments with no byte lost or doubled', async () => {
  const tab = await page(1);
  await tab.command('stty -opost');
  const count = 150_000;
  const expected = Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');
  const any = numbers(20_261_123);
  const before = road.carried();
  tab.clear();
  road.cutAfter(() => 1 + Math.floor(any() * 50_000));
  tab.type(`printf 'FROM%s\\n' HERE; seq 1 ${count}; printf 'TO%s\\n' HERE\r`);
  await tab.shows('FROMHERE\n');
  road.cut();
  await tab.shows('TOHERE\n', 60_000);
  road.cutAfter(null);
  const [, came = ''] = /FROMHERE\n([\s\S]*)TOHERE\n/.exec(tab.text()) ?? [];
  expect(road.carried() - before).toBeGreaterThan(20);
  expect(tab.gaps()).toEqual([]);
  expect({ bytes: came.length, sum: sha256(came) }).toEqual({ bytes: expected.length, sum: sha256(expected) });
  await tab.command('stty opost');
});

test('commands of a lesson are typed once each, in their order, however often the line breaks', async () => {
  const tab = await page(1);
  await tab.command('rm -f ran');
  const any = numbers(5);
  const ids = Array.from({ length: 30 }, (_, index) => `lesson-run-${index}`);
  road.cutAfter(() => 1000 + Math.floor(any() * 5000));
  road.cut();
  for (const id of ids) {
    tab.run(id, `echo ${id} >> ran`);
    if (any() < 0.3) road.cut(any() < 0.5 ? 'rst' : 'fin');
    await tab.rests(15);
  }
  await until(async () => tab.awaited() === 0, 'all to be typed', 60);
  road.cutAfter(null);
  const told = await tab.command('sha256sum ran');
  expect(told).toContain(sha256(ids.map((id) => `${id}\n`).join('')));
});

test('what is typed and pasted arrives whole and once, though the line breaks in the midst of it', async () => {
  const tab = await page(2);
  await tab.shows(/\$ $/);
  const parts = Array.from({ length: 40 }, (_, part) =>
    Array.from({ length: 60 }, (_, line) => `${part}.${line} ${sha256(`${part} ${line}`)}\n`),
  );
  tab.type('stty -echo; cat > pasted; stty echo\r');
  await tab.rests(300);
  const any = numbers(7);
  const before = road.carried();
  for (const lines of parts) {
    if (any() < 0.3) for (const line of lines) for (const piece of line.match(/.{1,25}\n?/g) ?? []) tab.type(piece);
    else tab.type(lines.join(''));
    if (any() < 0.4) road.cut(any() < 0.5 ? 'rst' : 'fin');
    await tab.rests(25);
  }
  tab.type('\x04');
  expect(await tab.command('sha256sum pasted', 60_000)).toContain(sha256(parts.flat().join('')));
  expect(road.carried() - before).toBeGreaterThan(2);
});

test('a line that is dead for a while, with nobody told, costs nothing that was said or typed meanwhile', async () => {
  const seconds = isFull ? 35 : 4;
  const tab = await page(1);
  await tab.command('stty -opost -echo');
  tab.clear();
  tab.type(`printf 'FROM%s\\n' HERE; for i in $(seq ${seconds * 20}); do echo tick $i; sleep 0.05; done; printf 'TO%s\\n' HERE\r`);
  await tab.shows('tick 3\n');
  road.blackhole(true);
  const before = road.carried();
  tab.type('echo typed-in-the-dark-$((1))\r');
  await tab.rests(seconds * 1000);
  expect(tab.text()).not.toContain('TOHERE');
  expect(road.carried()).toBeGreaterThan(before); // the page has given that line up
  road.blackhole(false);
  await tab.shows('typed-in-the-dark-1', 60_000);
  const [, came = ''] = /FROMHERE\n([\s\S]*)TOHERE\n/.exec(tab.text()) ?? [];
  expect(sha256(came)).toBe(sha256(Array.from({ length: seconds * 20 }, (_, index) => `tick ${index + 1}\n`).join('')));
  expect(tab.text().match(/typed-in-the-dark/g)).toHaveLength(1);
  await tab.command('stty opost echo');
});

test('scenario 2: at SIGTERM twenty terminals are told to come back, and the server has ended within ten seconds', async () => {
  // A lab may be open in sixteen windows at most.
  const closings = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { session, cookie } = index % 2 === 0 ? lab : other;
      const url = `${here.origin.replace('http', 'ws')}/ws/sessions/${session}/shells/${1 + (index % 4)}`;
      const socket = new WebSocket(url, { origin: here.origin, headers: { cookie } });
      const closed = once(socket, 'close');
      await once(socket, 'open');
      return { closed };
    }),
  );
  const began = performance.now();
  await here.kill('SIGTERM');
  expect(performance.now() - began).toBeLessThan(10_000);
  expect((await Promise.all(closings.map(({ closed }) => closed))).map(([code]) => code)).toEqual(Array(20).fill(1012));
  await here.start();
});

test.each(['SIGTERM', 'SIGKILL'] as const)('%s of the server, and back: the same shell, the same screen', async (signal) => {
  const plain = await page(3);
  await plain.command('MARK=kept-$$');
  await plain.command("for i in $(seq 5000); do printf '\\033[3%dmline %d\\033[0m \\033[1;4mbold\\033[0m\\n' $((i % 8)) $i; done");
  const full = await page(4);
  await full.shows(/\$ $/);
  full.resize(90, 30);
  full.type('seq 300 | less +120\r');
  await full.shows(/140.*:/s);
  const screens = { plain: await plain.screen(), full: await full.screen() };
  expect(screens.full.alternate).toBe(true);
  expect(screens.plain.lines.length).toBeGreaterThan(5000);

  await here.kill(signal);
  await plain.lost();
  await here.start();
  await plain.open();
  await full.open();
  // The tab that was open all the while, and one that is opened anew by a reload.
  expect(await plain.screen()).toEqual(screens.plain);
  expect(await full.screen()).toEqual(screens.full);
  const reloaded = { plain: await page(3), full: await page(4) };
  reloaded.full.resize(90, 30);
  await reloaded.plain.shows('line 5000');
  await reloaded.full.shows(/140.*:/s);
  expect((await reloaded.plain.screen()).lines.slice(-5000)).toEqual(screens.plain.lines.slice(-5000));
  expect(await reloaded.full.screen()).toEqual(screens.full);

  expect(await plain.command('echo $MARK-$$')).toMatch(/kept-(\d+)-\1/);
  full.type('q');
  await full.shows(/\$ $/);
  expect((await full.screen()).alternate).toBe(false);
});

test('beyond what is kept, the page is told how many bytes it missed, and the rest is whole', async () => {
  const tab = await page(1);
  await tab.command('stty -opost');
  const lines = 700_000;
  tab.clear();
  tab.type(`sleep 1; printf 'FROM%s\\n' HERE; seq 1 ${lines}; printf 'TO%s\\n' HERE > /dev/null; echo END-$((1))\r`);
  await tab.rests(200);
  road.blackhole(true);
  road.cut();
  await tab.lost();
  const expected = Buffer.byteLength(Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join(''));
  await until(async () => (await lab.list()).some(({ id, end, start }) => id === '1' && end - start >= ringBytes), 'the ring to be full');
  road.blackhole(false);
  await tab.open();
  await tab.shows('END-1', 30_000);
  const [gap, ...more] = tab.gaps();
  expect(more).toEqual([]);
  const missed = (gap?.to ?? 0) - (gap?.from ?? 0);
  expect(missed).toBeGreaterThan(expected - ringBytes - MiB);
  // What came is the end of the counting, without a hole.
  const came = tab.text().slice(0, tab.text().indexOf('END-1'));
  const counted = came.trim().split('\n').map(Number).filter(Number.isInteger);
  expect(counted.at(-1)).toBe(lines);
  expect(counted.every((number, index) => index === 0 || number === (counted[index - 1] ?? 0) + 1)).toBe(true);
  await tab.command('stty opost');
});

test('a reader that stalls before 100 MiB holds up the program, not the server’s memory', async () => {
  const tab = await page(2, null);
  await tab.shows(/\$ $/);
  const before = residentMiB();
  tab.type(`head -c ${100 * MiB} /dev/zero | tr '\\0' x; echo END-$((1))\r`);
  await tab.shows('xxx');
  tab.stall();
  await until(async () => (await lab.list()).some(({ id, paused }) => id === '2' && paused), 'the program to be held up');
  expect(residentMiB() - before).toBeLessThan(16);
  tab.unstall();
  tab.type('\x03');
  await tab.shows('^C', 5000);
  expect(await tab.command('echo alive')).toContain('alive');
});

test('Ctrl-C stops yes in the middle of its flood', async () => {
  const tab = await page(2, null);
  await tab.shows(/\$ $/);
  tab.type('yes\r');
  await until(async () => tab.received() > MiB, 'a megabyte of y');
  tab.type('\x03');
  await tab.shows(/\^C\r\n[\s\S]*\$ $/, 5000);
});

test('fifty reloads leave as many processes as none, and the end of the lab ends them all', async () => {
  const tab = await page(1);
  await tab.shows(/\$ $/);
  const settled = async () => {
    let seen = -1;
    await until(async () => {
      const last = seen;
      seen = (await processesOf(lab.container)).length;
      await tab.rests(300);
      return seen === last;
    }, 'the processes to settle');
    return seen;
  };
  const none = await settled();
  for (let reload = 0; reload < 50; reload += 1) await (await page(1)).leave();
  await until(async () => (await processesOf(lab.container)).length === none, 'the processes to be as before', 30);
  tab.type('sleep 1000 & setsid sleep 1001 & nohup sleep 1002 &\r');
  await until(async () => (await processesOf(lab.container)).length === none + 3, 'the programs to run');
  const all = await processesOf(lab.container);
  await lab.end();
  const alive = () => all.filter((pid) => isThere(pid));
  await until(async () => alive().length === 0, 'all processes to end');
  await until(async () => tab.state() === 'over', 'the page to know');
});

function isThere(pid: number): boolean {
  try {
    return /slipway-shell|bash|sleep/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false; // no such process any more
  }
}
