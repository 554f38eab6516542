import xterm from '@xterm/headless';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ringBytes } from '#lab/wire.ts';
import { type Browser, type Supervisor, site, supervisor, until } from './harness.ts';

let shells: Supervisor;
let server: Awaited<ReturnType<typeof site>>;

beforeEach(async () => {
  shells = await supervisor();
  server = await site(shells);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await shells[Symbol.asyncDispose]();
  expect(shells.trouble()).toBe('');
});

/** A terminal of 80 by 24 that shows what this browser hears from its first byte on. */
function screenOf(tab: Browser) {
  const terminal = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 20_000, allowProposedApi: true });
  tab.onShown((data) => terminal.write(data));
  const drawn = () => new Promise<void>((resolve) => terminal.write('', resolve));
  return { terminal, drawn };
}

/** Fills the ring and more, so that what came before has fallen out of it, and leaves `mark` at its end. */
const flood = (mark: string) =>
  `head -c ${1.5 * ringBytes} /dev/zero | tr '\\0' 'x' | fold -w 79; echo ${mark.slice(0, 1)}""${mark.slice(1)}\r`;

test('modes that were set before the oldest byte kept are set again after a reload', async () => {
  const tab = await server.open();
  await tab.said('opened');
  const modes = ['?1h', '?1000h', '?1006h', '?25l', '1;4;38;5;208m', '5;20r', '>4;2m'].map((mode) => `\\033[${mode}`).join('');
  tab.type(`stty -echo; printf '${modes}\\033='; ${flood('filled')}`);
  await tab.shows('filled', 30_000);
  await tab.leave();

  const back = await server.open();
  const { terminal, drawn } = screenOf(back);
  expect((await back.said('opened')).from).toBeGreaterThan(0);
  await back.shows('filled', 30_000);
  await drawn();
  expect(terminal.modes).toMatchObject({
    applicationCursorKeysMode: true,
    applicationKeypadMode: true,
    mouseTrackingMode: 'vt200',
  });
  expect((await back.said('restore')).data).toContain('\x1b[?25l');
  const cell = terminal.buffer.active.getLine(terminal.buffer.active.length - 5)?.getCell(0);
  expect([cell?.getFgColor(), Boolean(cell?.isBold()), Boolean(cell?.isUnderline())]).toEqual([208, true, true]);
  await back.leave();
});

test('a full-screen program whose screen has fallen out of the ring draws it again', async () => {
  const tab = await server.open();
  await tab.said('opened');
  tab.send({ type: 'resize', cols: 80, rows: 24 });
  const draw = `draw() { printf '\\033[H\\033[2Jdrawn-%s-' "$(stty size | tr ' ' x)"; }`;
  tab.type(
    `bash -c '${draw.replaceAll("'", "'\\''")}; trap draw WINCH; printf "\\033[?1049h"; draw; head -c ${1.5 * ringBytes} /dev/zero | tr "\\0" .; while :; do sleep 0.1; done'\r`,
  );
  await until(async () => (await shells.list()).some(({ end }) => end > 1.5 * ringBytes), 30_000);
  await tab.leave();

  const back = await server.open();
  const { terminal, drawn } = screenOf(back);
  await back.shows('drawn-24x80-', 30_000);
  await drawn();
  expect(terminal.buffer.active.type).toBe('alternate');
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('drawn-24x80-');
  await back.leave();
});

test('five thousand long, coloured lines are there after a reload', async () => {
  const tab = await server.open();
  await tab.said('opened');
  tab.type(`for n in $(seq 6000); do printf '\\033[1;%dm%05d\\033[0m %0190d\\n' $((31 + n % 7)) $n 0; done; echo do""ne\r`);
  await tab.shows('done\r\n', 60_000);
  await tab.leave();
  const back = await server.open();
  let text = '';
  back.onShown((data) => {
    text += Buffer.from(data).toString('latin1');
  });
  await back.shows('done\r\n', 30_000);
  const whole = text.split('\r\n').filter((line) => line.length > 190 && line.endsWith(` ${'0'.repeat(190)}`));
  const numbers = whole.map((line) => Number(/m(\d{5})/.exec(line)?.[1]));
  expect(numbers.length).toBeGreaterThanOrEqual(5_000);
  expect(numbers).toEqual(Array.from(numbers, (_, index) => 6_000 - numbers.length + index + 1));
  await back.leave();
});

test('a laggard whose gap is skipped gets the modes of where it goes on', async () => {
  const fast = await server.open();
  const slow = await server.open({ acks: false });
  await slow.said('opened');
  await fast.sees(() => fast.messages.some((message) => message.type === 'peers' && message.count === 2), 'two peers');
  fast.type(`printf '\\033[?25l\\033[7m'; ${flood('filled')}`);
  await fast.shows('filled', 30_000);
  slow.send({ type: 'ack', offset: slow.next() });
  const gap = await slow.said('gap');
  const { data } = await slow.said('restore');
  expect(gap.to - gap.from).toBeGreaterThan(100_000);
  expect(data).toContain('\x1b[?25l');
  expect(data).toContain('\x1b[7m');
  await fast.leave();
  await slow.leave();
});

test('a newcomer is shown what a terminal has room for, and not all that is kept', async () => {
  const tab = await server.open();
  await tab.said('opened');
  tab.type('seq -f %050g 40000; echo al""l\r');
  await tab.shows('all\r\n', 30_000);
  await tab.leave();
  const back = await server.open();
  let text = '';
  back.onShown((data) => {
    text += Buffer.from(data).toString('latin1');
  });
  await back.shows('all\r\n', 30_000);
  const numbers = text.split('\r\n').filter((line) => /^\d{50}$/.test(line));
  expect(numbers.length).toBeGreaterThan(5_900);
  expect(numbers.length).toBeLessThan(6_001);
  expect(Number(numbers.at(-1))).toBe(40_000);
  await back.leave();
  expect((await shells.run('dump', '1')).stdout.match(/^\d{50}\r$/gm)).toHaveLength(40_000);
});

test('a fresh shell under a used number begins by itself; who read the one before goes on from there', async () => {
  const tab = await server.open();
  const { boot } = await tab.said('opened');
  tab.type('printf \'\\033[?1000h\\033[31m\'; echo be""fore; exit\r');
  await tab.said('exit');
  const at = tab.next() - 20;

  const newcomer = await server.open();
  const { terminal, drawn } = screenOf(newcomer);
  newcomer.type('echo af""ter\r');
  await newcomer.shows('after');
  await drawn();
  expect(newcomer.screen()).not.toContain('before');
  expect(terminal.modes.mouseTrackingMode).toBe('none');
  const reader = await server.open({ offset: at, boot });
  expect(await reader.said('opened')).toMatchObject({ from: at, fresh: false });
  await reader.shows('after');
  await newcomer.leave();
  await reader.leave();
});
