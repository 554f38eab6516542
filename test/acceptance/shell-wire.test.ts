import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frame, rawSocket } from './raw-socket.ts';
import { shellPage } from './shell-page.ts';
import { type Site, site } from './site.ts';
import { sweep, type ToolboxLab, toolboxes } from './toolboxes.ts';

const text = 1;
const binary = 2;
const more = 0;
const close = 8;
const ping = 9;
const GiB = 1024 ** 3;

let here: Site;
let lab: ToolboxLab;
let slow: { answer: Promise<string> };

beforeAll(async () => {
  here = await site({ SLIPWAY_NO_ENGINE: '1' });
  const [first] = await toolboxes(here);
  if (first === undefined) throw new Error('no toolbox was made');
  lab = first;
  await here.start();
  slow = { answer: slowHandshake() };
});
afterAll(async () => {
  await here?.close();
  if (here) await sweep(here);
});

const residentMiB = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${here.pid()}/status`, 'utf8'))?.[1]) / 1024;

/** A handshake of which a header comes each second, for ever; what the server says until it hangs up. */
function slowHandshake(): Promise<string> {
  const socket = connect(Number(new URL(here.origin).port), 'localhost');
  let said = '';
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  socket.write(`GET /ws/sessions/${lab.session}/shells/1 HTTP/1.1\r\nHost: ${new URL(here.origin).host}\r\n`);
  const dribble = setInterval(() => socket.write(`X-More: ${'x'.repeat(64)}\r\n`), 1000);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dribble);
      resolve(said);
    });
  });
}

const resize = JSON.stringify({ type: 'resize', cols: 80, rows: 24 });
const bomb = (piece: string, count: number) =>
  Buffer.concat([frame(text, '{', { fin: false }), ...Array.from({ length: count }, () => frame(more, piece, { fin: false }))]);

test.each<[string, Buffer, number | number[]]>([
  ['an opcode that there is not', frame(3, 'x'), 1002],
  ['a control opcode that there is not', frame(0xb, 'x'), 1002],
  ['a frame without a mask', frame(text, resize, { masked: false }), 1002],
  ['the first reserved bit, which no extension agreed on', frame(text, resize, { reserved: 4 }), 1002],
  ['another reserved bit', frame(text, resize, { reserved: 1 }), 1002],
  ['a length of a gigabyte', frame(text, 'x', { length: GiB }), 1009],
  ['a length of 2^53', frame(text, 'x', { length: 2n ** 53n }), 1009],
  ['a length of 2^64 − 1', frame(binary, 'x', { length: 2n ** 64n - 1n }), 1009],
  ['one byte more than a message may have', frame(text, 'x'.repeat(65_537)), 1009],
  ['fragments that together are too much', bomb('x'.repeat(1000), 80), 1009],
  ['fragments without number or content', bomb('', 200_000), [1008, 1009]],
  ['a ping in fragments', frame(ping, 'x', { fin: false }), 1002],
  ['a ping too long', frame(ping, 'x'.repeat(126)), 1002],
  ['a fragment of nothing', frame(more, 'x'), 1002],
  ['a second message within the first', Buffer.concat([frame(text, '{', { fin: false }), frame(text, resize)]), 1002],
  ['text that is not UTF-8', frame(text, Buffer.from([0x22, 0xc3, 0x28, 0x22])), 1007],
  ['text that breaks off within a character', frame(text, Buffer.from([0xe2, 0x82])), 1007],
  ['a close with a code that is never sent', frame(close, Buffer.from([0x03, 0xed])), 1002],
  ['a close of one byte', frame(close, 'x'), 1002],
  ['a message that is not JSON', frame(text, 'ls\n'), 1008],
  ['bytes', frame(binary, resize), 1008],
])('%s closes the line with its code, and nothing else', async (_name, bytes, code) => {
  const bad = await rawSocket(here, lab, 1);
  bad.socket.write(bytes);
  expect([code].flat()).toContain(await bad.closed());
});

test('rubbish again and again leaves the server’s memory as it was, and other tabs alone', async () => {
  const good = await shellPage(here, lab, 2, null);
  await good.command('echo before');
  const rubbish = [
    frame(3, 'x'),
    frame(text, 'x', { length: GiB }),
    bomb('x'.repeat(100), 1000),
    frame(text, Buffer.from([0xff])),
    Buffer.alloc(5000, 0xff),
  ];
  const round = async () => {
    for (const bytes of rubbish) {
      const bad = await rawSocket(here, lab, 1);
      bad.socket.write(bytes);
      await bad.closed();
    }
  };
  await round();
  const before = residentMiB();
  for (let time = 0; time < 8; time += 1) await round();
  expect(residentMiB() - before).toBeLessThan(20);
  expect(await good.command('echo still-$((3))')).toContain('still-3');
  await good.leave();
});

test.each<[string, Buffer]>([
  ['pings whose answers are never read', frame(ping, 'x'.repeat(125))],
  ['sizes', frame(text, resize)],
  ['acknowledgements of what was never sent', frame(text, JSON.stringify({ type: 'ack', offset: 2 ** 50 }))],
])('a flood of %s costs no memory, and the next tab is served', async (_name, one) => {
  const block = Buffer.concat(Array.from({ length: 1000 }, () => one));
  const flood = async () => {
    const flooding = await rawSocket(here, lab, 3);
    flooding.socket.pause();
    for (let blocks = 0; blocks < 60 && flooding.isOpen(); blocks += 1) {
      await flooding.floods(block);
      if (flooding.socket.writableLength > 4 * 1024 ** 2) break; // the server has stopped reading it
    }
    const most = residentMiB();
    flooding.socket.destroy();
    return most;
  };
  // What grows with the first uses stays: the heap is given the size that a flood needs before it is collected.
  for (let time = 0; time < 3; time += 1) await flood();
  const before = residentMiB();
  // What is not collected yet counts too, so one look may be high; what is kept of each flood would add up in the last ones.
  const grown: number[] = [];
  for (let time = 0; time < 5; time += 1) grown.push((await flood()) - before);
  expect(Math.min(...grown.slice(2)), `${grown}`).toBeLessThan(20);
  expect(Math.max(...grown)).toBeLessThan(64);
  const good = await shellPage(here, lab, 2, null);
  expect(await good.command('echo served-$((4))')).toContain('served-4');
  await good.leave();
});

test('a frame that is begun and never ended holds nobody else up', async () => {
  const halves = await Promise.all([1, 2, 3, 4].map((shell) => rawSocket(here, lab, shell)));
  for (const { socket } of halves) socket.write(frame(text, 'x'.repeat(1000), { length: 60_000 }));
  const good = await shellPage(here, lab, 2, null);
  expect(await good.command('echo through-$((5))')).toContain('through-5');
  await good.leave();
  for (const { socket } of halves) socket.destroy();
});

test('a handshake that never ends is ended by the server', async () => {
  expect(await slow.answer).toMatch(/^HTTP\/1\.1 408 /);
});
