import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { server as certified } from '../../fakes/engine/certificates.ts';
import { echo, harbour } from './harness.ts';

const web = 'control-plane:30080';

test('a program is asked by its own name, and told by which name it is seen', async () => {
  const { server, heard } = echo();
  const here = await harbour({ [web]: server, 'control-plane:30081': server });
  const cookie = await here.cookie();
  const origin = here.origin();
  await here.get('/cart?item=1', {
    headers: {
      cookie: `theme=dark; ${cookie}; slipway=${'s'.repeat(43)}; user=7`,
      origin,
      referer: `${origin}/cart?item=0`,
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.9',
      connection: 'close, x-private',
      'x-private': 'between us',
      authorization: 'Bearer theirs',
    },
  });
  expect(heard[0]?.url).toBe('/cart?item=1');
  const { host, ...headers } = heard[0]?.headers ?? {};
  expect(host).toBe(web);
  expect(headers).toMatchObject({
    cookie: 'theme=dark; user=7',
    origin: `http://${web}`,
    referer: `http://${web}/cart?item=0`,
    authorization: 'Bearer theirs',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': here.hostOf({}),
    'x-forwarded-proto': 'http',
  });
  expect(headers).not.toHaveProperty('x-private');
  expect(headers).not.toHaveProperty('forwarded');
  await here.get('/', { label: 'shop', headers: { cookie: await here.cookie('shop'), referer: 'http://localhost:4321/lessons/01' } });
  expect(heard[1]?.headers).toMatchObject({ host: 'shop.example' });
  expect(heard[1]?.headers).not.toHaveProperty('referer');
});

test('what a program sends concerns its own host, at which it can be seen', async () => {
  const { server } = echo((_request, response) => {
    response.writeHead(302, [
      ...['Location', `http://${web}/next?a=1#b`, 'Content-Location', `//${web}/here`, 'Refresh', `5; url='http://${web}/soon'`],
      ...[
        'Set-Cookie',
        'plain=1; Path=/; Domain=control-plane; HttpOnly',
        'Set-Cookie',
        'far=1; Domain=.lab.localhost; Secure; SameSite=None',
      ],
      ...['Set-Cookie', '__Host-kept=1; Path=/; Secure', 'Set-Cookie', 'slipway-preview=stolen; Path=/'],
      ...['Strict-Transport-Security', 'max-age=1', 'Alt-Svc', 'h3=":443"', 'Clear-Site-Data', '"*"'],
      ...['Access-Control-Allow-Origin', `http://${web}`, 'X-Frame-Options', 'DENY', 'X-Twice', 'a', 'X-Twice', 'b'],
      ...['Connection', 'close, X-Hop', 'X-Hop', '1'],
    ]);
    response.end();
  });
  const here = await harbour({ [web]: server });
  const { status, headers, raw } = await here.get('/', { headers: { cookie: await here.cookie() } });
  expect(status).toBe(302);
  expect(headers).toMatchObject({
    location: `${here.origin()}/next?a=1#b`,
    'content-location': `${here.origin()}/here`,
    refresh: `5; url='${here.origin()}/soon'`,
    'set-cookie': ['plain=1; Path=/; HttpOnly', 'far=1', '__Host-kept=1; Path=/; Secure'],
    'access-control-allow-origin': here.origin(),
    'x-frame-options': 'DENY',
  });
  expect(raw.filter((name) => name === 'X-Twice')).toHaveLength(2);
  for (const name of ['strict-transport-security', 'alt-svc', 'clear-site-data', 'x-hop']) expect(headers).not.toHaveProperty(name);
});

test.each([
  ['http://shop.example/goods', '/goods', 'shop'],
  ['http://shop.example:30081/goods', '/goods', 'shop'],
  ['http://control-plane:30081/x', '/x', 'shop'],
  ['https://vault.example/keys', '/keys', 'vault'],
  ['https://control-plane:30080/', '/', 'web'],
])('a way on to %s is a way to the preview %s of %s', async (location, path, label) => {
  const { server } = echo((_request, response) => response.writeHead(302, { location }).end());
  const here = await harbour({ [web]: server, 'control-plane:30081': echo().server, 'vault:443': echo().server });
  const headers = { cookie: await here.cookie() };
  expect((await here.get('/', { headers })).headers.location).toBe(`${here.origin(label)}${path}`);
  if (label === 'web') return;
  const followed = new URL((await here.get('/', { headers: { ...headers, 'sec-fetch-mode': 'navigate' } })).headers.location ?? '');
  expect(followed.origin).toBe(here.origin(label));
  const entered = await here.get(`${followed.pathname}${followed.search}`, { label });
  expect(entered).toMatchObject({ status: 303, headers: { location: path } });
});

test.each(['https://elsewhere.example/x', '/only/a/path', 'next', 'http://control-plane:31000/'])(
  'a way on to %s stays as it is',
  async (location) => {
    const { server } = echo((_request, response) => response.writeHead(302, { location }).end());
    const here = await harbour({ [web]: server });
    expect((await here.get('/', { headers: { cookie: await here.cookie() } })).headers.location).toBe(location);
  },
);

test('bodies of any size go both ways whole, and neither side is read faster than the other', async () => {
  const size = 48 * 1024 * 1024;
  const { server } = echo((request, response) => void request.pipe(response));
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie() };
  const block = randomBytes(64 * 1024);
  const sent = createHash('sha256');
  const got = createHash('sha256');
  let left = size;
  const body = new Readable({
    read() {
      if (left === 0) return void this.push(null);
      sent.update(block);
      left -= block.length;
      this.push(block);
    },
  });
  const answer = await here.ask('/echo', { method: 'POST', headers, body });
  // Nobody reads the answer: then the sender must come to a halt.
  let before = -1;
  await expect
    .poll(
      () => {
        const halted = left === before;
        before = left;
        return halted;
      },
      { interval: 300, timeout: 20_000 },
    )
    .toBe(true);
  expect(size - left).toBeLessThan(32 * 1024 * 1024);
  for await (const chunk of answer) got.update(chunk as Buffer);
  expect(left).toBe(0);
  expect(got.digest('hex')).toBe(sent.digest('hex'));
});

test('events arrive one by one, as they happen', async () => {
  let say: (text: string) => void = () => undefined;
  const { server } = echo((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    say = (text) => response.write(`data: ${text}\n\n`);
  });
  const here = await harbour({ [web]: server });
  const answer = await here.ask('/events', { headers: { cookie: await here.cookie() } });
  const chunks = answer[Symbol.asyncIterator]();
  for (const text of ['one', 'two', 'three']) {
    say(text);
    expect(String((await chunks.next()).value)).toBe(`data: ${text}\n\n`);
  }
  answer.destroy();
});

test('a HEAD, an empty answer and a POST without a body are as the program gives them', async () => {
  const { server, heard } = echo((request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '12345' }).end();
    else response.writeHead(request.url === '/not-modified' ? 304 : 204).end();
  });
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie() };
  const head = await here.get('/', { method: 'HEAD', headers });
  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '12345' } });
  expect((await here.get('/', { headers })).status).toBe(204);
  expect((await here.get('/not-modified', { headers })).status).toBe(304);
  const wire = await here.wire();
  wire.write(`POST /empty HTTP/1.1\r\nHost: ${here.hostOf({})}\r\nCookie: ${headers.cookie}\r\nConnection: close\r\n\r\n`);
  await once(wire, 'data');
  expect(heard.at(-1)).toMatchObject({ method: 'POST', headers: { 'content-length': '0' } });
  expect(heard.at(-1)?.headers).not.toHaveProperty('transfer-encoding');
});

test('whoever asks first whether a body is wanted may send it', async () => {
  const { server } = echo((request, response) => void request.pipe(response));
  const here = await harbour({ [web]: server });
  const wire = await here.wire();
  const cookie = await here.cookie();
  let text = '';
  wire.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  wire.write(
    `PUT / HTTP/1.1\r\nHost: ${here.hostOf({})}\r\nCookie: ${cookie}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
  );
  await expect.poll(() => text).toContain('100 Continue');
  wire.write('ahoy!');
  await expect.poll(() => text).toContain('ahoy!');
  expect(text).toContain('HTTP/1.1 200');
});

test('a program that answers before it has taken a whole upload is heard', async () => {
  const { server } = echo((request, response) => {
    response.writeHead(413, { connection: 'close' }).end('too large');
    response.once('finish', () => request.socket.destroySoon());
  });
  const here = await harbour({ [web]: server });
  const wire = await here.wire();
  const cookie = await here.cookie();
  let text = '';
  wire.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  wire.write(`POST / HTTP/1.1\r\nHost: ${here.hostOf({})}\r\nCookie: ${cookie}\r\nContent-Length: 100000000\r\n\r\n`);
  wire.write(Buffer.alloc(100_000));
  await expect.poll(() => text).toContain('too large');
  expect(text).toContain('HTTP/1.1 413');
});

test('a browser that leaves in the middle of an upload takes it along', async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const { server, heard } = echo((request) => {
    request.on('error', () => resolve());
    request.resume();
  });
  const here = await harbour({ [web]: server });
  const wire = await here.wire();
  const cookie = await here.cookie();
  wire.write(`POST / HTTP/1.1\r\nHost: ${here.hostOf({})}\r\nCookie: ${cookie}\r\nContent-Length: 1000\r\n\r\nhalf`);
  await expect.poll(() => heard.length).toBe(1);
  wire.destroy();
  await left;
});

test('a program that breaks off in the middle is not taken for one that has finished', async () => {
  const { server } = echo((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
  });
  const here = await harbour({ [web]: server });
  await expect(here.get('/', { headers: { cookie: await here.cookie() } })).rejects.toThrow('aborted');
});

test('a browser that leaves takes its request along', async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const { server } = echo((_request, response) => {
    response.once('close', resolve);
    response.write('on and on');
  });
  const here = await harbour({ [web]: server });
  const answer = await here.ask('/', { headers: { cookie: await here.cookie() } });
  answer.destroy();
  await left;
});

test('connections are kept between requests; one that was hung up meanwhile is made anew', async () => {
  const { server } = echo();
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie() };
  for (const path of ['/1', '/2', '/3']) expect((await here.get(path, { headers })).status).toBe(200);
  expect(here.dialled).toHaveLength(1);
  server.closeAllConnections();
  for (const path of ['/4', '/5']) expect((await here.get(path, { headers })).status).toBe(200);
  expect(here.dialled).toHaveLength(2);
});

test('something that is not HTTP, and one that hangs up at once, are told as such', async () => {
  const babble = createServer((socket) => void socket.end('220 mail.example ready\r\n'));
  const silent = createServer((socket) => void socket.end());
  await Promise.all([babble, silent].map((each) => once(each.listen(0, '127.0.0.1'), 'listening')));
  const here = await harbour({ [web]: babble, 'control-plane:30081': silent });
  for (const label of ['web', 'shop']) {
    const answer = await here.get('/', { label, headers: { cookie: await here.cookie(label), accept: 'text/html' } });
    expect(answer.status, label).toBe(502);
    expect(answer.text).toContain('broke off');
  }
});

test('a program that speaks TLS is seen, whatever its certificate; one that does not is told', async () => {
  const secure = createSecureServer({ cert: certified.cert, key: certified.key }, (request, response) =>
    response.end(`at ${request.headers.host}`),
  );
  const here = await harbour({ 'vault:443': secure });
  const cookie = await here.cookie('vault');
  expect(await here.get('/', { label: 'vault', headers: { cookie } })).toMatchObject({ status: 200, text: 'at vault.example' });
  const plain = await harbour({ 'vault:443': echo().server });
  const answer = await plain.get('/', { label: 'vault', headers: { cookie: await plain.cookie('vault'), accept: 'text/html' } });
  expect(answer.status).toBe(502);
  expect(answer.text).toContain('speaks no TLS');
});

test('a WebSocket goes both ways, under the program’s name, and ends with either side', async () => {
  const { server } = echo();
  const sockets = new WebSocketServer({ server });
  const { promise: joined, resolve } = Promise.withResolvers<{ socket: WebSocket; origin: string | undefined }>();
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    resolve({ socket, origin: request.headers.origin });
  });
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie(), host: here.hostOf({}), origin: here.origin() };
  const socket = new WebSocket(`ws://127.0.0.1:${here.port}/live`, { headers });
  await once(socket, 'open');
  const sent = randomBytes(1024 * 1024);
  socket.send(sent);
  const [got] = (await once(socket, 'message')) as [Buffer];
  expect(got.equals(sent)).toBe(true);
  const far = await joined;
  expect(far.origin).toBe(`http://${web}`);
  far.socket.close(1001, 'harbour closes');
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([1001, 'harbour closes']);
  sockets.close();
});

test.each([
  ['without a visit', {}, 401],
  ['from a page of another site', { origin: 'http://evil.example' }, 403],
])('a WebSocket %s is refused', async (_why, more, status) => {
  const here = await harbour({ [web]: echo().server });
  const cookie = status === 401 ? {} : { cookie: await here.cookie() };
  const socket = new WebSocket(`ws://127.0.0.1:${here.port}/live`, { headers: { host: here.hostOf({}), ...cookie, ...more } });
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(answer.statusCode).toBe(status);
});

test('an upgrade that the program does not want is answered as it answers', async () => {
  const { server } = echo((_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('no upgrade here'));
  const here = await harbour({ [web]: server });
  const wire = await here.wire();
  let text = '';
  wire.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const cookie = await here.cookie();
  wire.write(
    `GET / HTTP/1.1\r\nHost: ${here.hostOf({})}\r\nCookie: ${cookie}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
  );
  await once(wire, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toContain('no upgrade here');
});

test('one lab’s previews may have 64 connections at once; others are told to wait, and other labs are not', async () => {
  const waiting: (() => void)[] = [];
  const { server } = echo((request, response) => {
    if (request.url === '/wait') waiting.push(() => response.end());
    else response.end();
  });
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie() };
  const held = Array.from({ length: 64 }, () => here.get('/wait', { headers }));
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(64);
  const refused = await here.get('/', { headers });
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
  const theirs = await here.begin(here.stranger);
  const other = await here.cookie('web', theirs, here.stranger);
  expect((await here.get('/', { session: theirs.id, headers: { cookie: other } })).status).toBe(200);
  for (const go of waiting) go();
  await Promise.all(held);
  expect((await here.get('/', { headers })).status).toBe(200);
});

test('headers beyond a measure are refused on both sides', async () => {
  const { server } = echo((_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end());
  const here = await harbour({ [web]: server });
  const headers = { cookie: await here.cookie() };
  expect((await here.get('/', { headers })).status).toBe(502);
  expect((await here.get('/', { headers: { ...headers, 'x-long': 'x'.repeat(20_000) } })).status).toBe(431);
});
