import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { terminalRoute } from '#server/terminal-socket.ts';
import { type Supervisor, site, supervisor } from './harness.ts';

let shells: Supervisor;
let server: Awaited<ReturnType<typeof site>>;

beforeAll(async () => {
  shells = await supervisor();
  server = await site(shells);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await shells[Symbol.asyncDispose]();
  expect(shells.trouble()).toBe('');
});

/** The status an upgrade is answered with; 101 when it is let in. */
async function knock(
  port: number,
  path: string,
  headers: Record<string, string> = { origin: `http://127.0.0.1:${port}` },
): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const status = await new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => resolve(101));
    socket.on('error', () => undefined);
  });
  socket.terminate();
  return status;
}

describe('what the browser sends', () => {
  test.each([
    ['no JSON', '{', 'not JSON'],
    ['an unknown type', '{"type":"exec","argv":["sh"]}', 'type: '],
    ['a missing field', '{"type":"input"}', 'data: '],
    ['a field too many', '{"type":"input","data":"x","seq":1,"as":"root"}', 'as: '],
    ['a size of nothing', '{"type":"resize","cols":0,"rows":10}', 'cols: '],
    ['an id that is none', '{"type":"run","id":"../x","data":"x"}', 'id: '],
    ['prototype keys', '{"type":"ack","__proto__":{"offset":1}}', 'offset: '],
    ['bytes', Buffer.from([1, 2, 3]), 'send JSON text'],
  ])('that is %s closes 1008 and names the field', async (_name, data, reason) => {
    const tab = await server.open();
    await tab.said('opened');
    tab.socket.send(data);
    const closed = await tab.closed();
    expect(closed.code).toBe(1008);
    expect(closed.reason).toContain(reason);
  });

  test('beyond 64 KiB closes 1009', async () => {
    const tab = await server.open();
    await tab.said('opened');
    tab.socket.send(JSON.stringify({ type: 'input', data: 'x'.repeat(70_000), seq: 1 }));
    expect((await tab.closed()).code).toBe(1009);
  });

  test('in more messages than any terminal has to say closes 1008', async () => {
    const tab = await server.open();
    await tab.said('opened');
    const ack = JSON.stringify({ type: 'ack', offset: 0 });
    for (let more = 0; more < 40_000; more++) tab.socket.send(ack);
    expect(await tab.closed()).toEqual({ code: 1008, reason: 'too many messages at once' });
  });

  test('in a message of endless pieces closes 1008', async () => {
    const tab = await server.open();
    await tab.said('opened');
    for (let more = 0; more < 20_000; more++) tab.socket.send('x', { fin: false });
    expect((await tab.closed()).code).toBe(1008);
  });

  test('that is not text in UTF-8 closes 1007', async () => {
    const tab = await server.open();
    await tab.said('opened');
    tab.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await tab.closed()).code).toBe(1007);
  });

  test('leaves the shell and the other tabs alone', async () => {
    const good = await server.open();
    const bad = await server.open();
    await bad.said('opened');
    bad.socket.send('rubbish');
    await bad.closed();
    good.type('echo still-$((6))\r');
    await good.shows('still-6');
    expect(server.touches.length).toBeGreaterThan(0);
    await good.leave();
  });
});

describe('an upgrade', () => {
  const path = '/ws/sessions/s1/shells/1';

  test.each([
    ['no Origin', {}],
    ['a null Origin', { origin: 'null' }],
    ['another site', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a name that begins like ours', { origin: 'http://127.0.0.1.evil.example' }],
  ])('with %s is refused with 403', async (_name, headers) => {
    expect(await knock(server.port, path, headers)).toBe(403);
  });

  test.each([
    '/ws/sessions/s1/shells/5',
    '/ws/sessions/s1/shells/01',
    '/ws/sessions/s1/shells/1/',
    '/ws/sessions/..%2f/shells/1',
    '/ws/sessions/s1/shells/1?offset=abc',
    '/ws/sessions/s1/shells/1?offset=-2',
    '/ws/sessions/s1/shells/1?boot=zz',
    '/ws/sessions/s1/shells/1?client=0123456789ABCDEF',
  ])('of %s is refused with 404', async (address) => {
    expect(await knock(server.port, address)).toBe(404);
  });

  test('says what the policy says', async () => {
    await using closed = await site(shells, () => ({ ok: false, status: 404, message: 'There is no such lab.' }));
    expect(await knock(closed.port, path)).toBe(404);
  });

  test('is let in with its offset and its supervisor', async () => {
    expect(terminalRoute('/ws/sessions/ab12/shells/3?offset=17&boot=0123456789abcdef')).toEqual({
      sessionId: 'ab12',
      shell: '3',
      offset: 17,
      boot: '0123456789abcdef',
      client: null,
    });
    expect(await knock(server.port, path)).toBe(101);
  });

  test('for a toolbox that has gone closes 4404', async () => {
    await using gone = await site(shells, () => ({
      ok: true,
      lab: 'lab',
      attach: () => Promise.reject(Object.assign(new Error('no toolbox'), { code: 'gone' })),
      touched: () => undefined,
    }));
    const tab = await gone.open();
    expect((await tab.closed()).code).toBe(4404);
  });

  test('of a seventeenth window is refused with 429', async () => {
    const tabs = await Promise.all(Array.from({ length: 16 }, () => server.open()));
    for (const tab of tabs) await tab.said('opened');
    expect(await knock(server.port, path)).toBe(429);
    for (const tab of tabs) await tab.leave();
  });
});

test('a server that stops tells every browser to come back', async () => {
  await using stopping = await site(shells);
  const tabs = [await stopping.open(), await stopping.open()];
  for (const tab of tabs) await tab.said('opened');
  const closing = stopping.closeAll();
  for (const tab of tabs) expect((await tab.closed()).code).toBe(1012);
  await closing;
  expect(await knock(stopping.port, '/ws/sessions/s1/shells/1')).toBe(503);
});

test('a lab that is paused closes its own terminals and says so', async () => {
  const tabs = [await server.open(), await server.open({ shell: '2' })];
  for (const tab of tabs) await tab.said('opened');
  await server.closeFor('another', 'paused');
  const closing = server.closeFor('s1', 'paused');
  for (const tab of tabs) expect((await tab.closed()).code).toBe(4423);
  await closing;
});

test('rubbish on the supervisor’s own line ends that line only', async () => {
  for (const rubbish of [
    '\0\0\0\0\0',
    'J\xff\xff\xff\xff',
    'J\0\0\0\x02[]',
    'J\0\0\0\x0c{"type":"hi"}',
    `J\0\0\x20\0${'['.repeat(8192)}`,
  ]) {
    const { stream, ended } = shells.attach(['slipway-shell', 'attach', '1', '-1']);
    stream.resume();
    stream.on('error', () => undefined); // it is cut off while it still speaks
    stream.write(Buffer.from(rubbish, 'latin1'));
    expect((await ended).code).toBe(2);
  }
  const tab = await server.open();
  tab.type('echo sound-$((7))\r');
  await tab.shows('sound-7');
  await tab.leave();
  expect(shells.trouble()).toBe('');
});
