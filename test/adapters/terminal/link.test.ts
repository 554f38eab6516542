import { afterEach, beforeEach, expect, test } from 'vitest';
import { highWater } from '#lab/wire.ts';
import type { Attached } from '#terminal/link.ts';
import { links } from '#terminal/links.ts';
import { type Supervisor, site, supervisor, until } from './harness.ts';

let shells: Supervisor;
let begun: { argv: readonly string[]; attached: Attached }[];
/** The toolbox, seen by the server: every command it runs there is noted. */
const noted = {
  attach(argv: readonly string[]): Attached {
    const attached = shells.attach(argv);
    begun.push({ argv, attached });
    return attached;
  },
};

beforeEach(async () => {
  shells = await supervisor();
  begun = [];
});
afterEach(async () => {
  await shells[Symbol.asyncDispose]();
  expect(shells.trouble()).toBe('');
});

test('every shell of a lab, and every reload, shares one process', async () => {
  await using server = await site(noted);
  const tabs = await Promise.all(['1', '2', '3', '1', '2'].map((shell) => server.open({ shell })));
  for (const [index, tab] of tabs.entries()) tab.type(`echo at-${index}-$((1 + 1))\r`);
  for (const [index, tab] of tabs.entries()) await tab.shows(`at-${index}-2`);
  for (const tab of tabs) await tab.leave();
  const again = await server.open();
  await again.shows('at-0-2');
  await again.leave();
  expect(begun.map(({ argv }) => argv.join(' '))).toEqual(['slipway-shell link']);
  await until(async () => (await shells.list()).every(({ clients }) => clients === 0));
});

test('a link that breaks sends its browsers back, to the same shells over another', async () => {
  await using server = await site(noted);
  const tab = await server.open();
  tab.type('MARK=kept\r');
  await tab.shows('MARK=kept\r\n');
  begun[0]?.attached.stream.destroy();
  expect((await tab.closed()).code).toBe(1011);
  const back = await server.open();
  expect((await back.said('opened')).fresh).toBe(false);
  back.type('echo $MARK-$((2 + 2))\r');
  await back.shows('kept-4');
  expect(begun).toHaveLength(2);
  await back.leave();
});

test('a browser that stalls before a flood holds up nobody else on its link', async () => {
  await using server = await site(noted);
  const stalled = await server.open({ shell: '1', acks: false });
  const other = await server.open({ shell: '2' });
  await stalled.said('opened');
  stalled.type('yes\r');
  await stalled.sees(() => stalled.bytes() >= highWater / 2, 'the flood');
  stalled.socket.pause();
  await until(async () => (await shells.list()).some(({ id, paused }) => id === '1' && paused));
  const ends = async () => (await shells.list()).find(({ id }) => id === '1')?.end;
  const end = await ends();
  for (let round = 0; round < 20; round++) {
    other.type(`echo round-${round}-$((3 * 3))\r`);
    await other.shows(`round-${round}-9`);
  }
  expect(await ends()).toBe(end);
  stalled.socket.terminate();
  await other.leave();
});

test('an idle link ends, and the next shell begins another', async () => {
  const lines = links({ idle: 20 });
  const listener = { heard: () => undefined, drained: () => undefined, broken: () => undefined };
  const opening = { id: '1', offset: -1, boot: null, client: null };
  const start = async (argv: readonly string[]) => noted.attach(argv);
  const first = await lines.open('lab', start, opening, listener);
  const second = await lines.open('lab', start, opening, listener);
  first.close();
  second.close();
  expect((await begun[0]?.attached.ended)?.code).toBe(0);
  const third = await lines.open('lab', start, opening, listener);
  expect(begun).toHaveLength(2);
  third.close();
  await lines.closeAll();
  expect((await begun[1]?.attached.ended)?.code).toBe(0);
});

test('a link that could not begin is tried anew by the next window', async () => {
  let fail = true;
  await using server = await site({
    attach: (argv) => (fail ? Promise.reject(new Error('the engine does not answer')) : Promise.resolve(noted.attach(argv))),
  });
  expect((await (await server.open()).closed()).code).toBe(1011);
  fail = false;
  const tab = await server.open();
  tab.type('echo works-$((5))\r');
  await tab.shows('works-5');
  await tab.leave();
});
