import { expect, onTestFinished, test, vi } from 'vitest';
import { type Asked, echo, harbour } from './harness.ts';

const html = { accept: 'text/html' };

test('a learner opens a preview from the lesson: the ticket works once, the cookie from then on', async () => {
  const { server, heard } = echo();
  const { address, get, origin } = await harbour({ 'control-plane:30080': server });
  const url = await address();
  expect(url.origin).toBe(origin());
  const entered = await get(`${url.pathname}${url.search}`);
  expect(entered).toMatchObject({ status: 303, headers: { location: '/start?here=1', 'cache-control': 'no-store' } });
  const [cookie = ''] = entered.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^slipway-preview=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/);
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  expect(await get('/start?here=1', { headers })).toMatchObject({ status: 200, text: 'heard GET /start?here=1' });
  expect((await get(`${url.pathname}${url.search}`)).status).toBe(401);
  expect(heard).toHaveLength(1);
});

test('asking for the head of the entering link, as programs that look ahead do, does not use it up', async () => {
  const { address, get } = await harbour({ 'control-plane:30080': echo().server });
  const url = await address();
  expect((await get(`${url.pathname}${url.search}`, { method: 'HEAD' })).status).toBe(405);
  expect((await get(`${url.pathname}${url.search}`)).status).toBe(303);
});

test('without a visit nothing of the program is heard, and a page says where to go', async () => {
  const { server, heard } = echo();
  const { get, port } = await harbour({ 'control-plane:30080': server });
  const answer = await get('/', { headers: html });
  expect(answer.status).toBe(401);
  expect(answer.text).toContain('opens from its lesson');
  expect(answer.text).toContain(`href="http://localhost:${port}"`);
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  const plain = await get('/data.json');
  expect(plain.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(heard).toEqual([]);
});

test('a ticket and a visit are for one person, one lab and one program', async () => {
  const here = await harbour({ 'control-plane:30080': echo().server, 'control-plane:30081': echo().server });
  const theirs = await here.begin(here.stranger);
  const shop = await here.address('shop');
  expect((await here.get(`${shop.pathname}${shop.search}`)).status).toBe(401);
  const cookie = await here.cookie('web');
  expect((await here.get('/', { headers: { cookie } })).status).toBe(200);
  expect((await here.get('/', { label: 'shop', headers: { cookie } })).status).toBe(401);
  expect((await here.get('/', { session: theirs.id, headers: { cookie } })).status).toBe(401);
  // A ticket that somebody was given for a lab that is not theirs opens nothing.
  const lent = await here.cookie('web', theirs, here.learner);
  expect((await here.get('/', { session: theirs.id, headers: { cookie: lent } })).status).toBe(404);
});

test('a cookie of our name that a neighbour set for the whole domain shuts nobody out', async () => {
  const here = await harbour({ 'control-plane:30080': echo().server });
  const cookie = await here.cookie();
  const tossed = `slipway-preview=${'x'.repeat(43)}; slipway-preview=short`;
  expect((await here.get('/', { headers: { cookie: `${tossed}; ${cookie}` } })).status).toBe(200);
});

test.each([
  ['pause', 'The lab is paused'],
  ['crash', 'The lab was lost'],
  ['end', 'The lab is ending'],
] as const)('after %s the preview says how the lab is', async (move, title) => {
  const here = await harbour({ 'control-plane:30080': echo().server });
  const cookie = await here.cookie();
  await here.store.sessions.move(here.session.id, move);
  const answer = await here.get('/', { headers: { cookie, ...html } });
  expect(answer.status).toBe(409);
  expect(answer.text).toContain(title);
  expect(answer.text).toContain('/lessons/01-harbour"');
});

test('a lesson cannot ask for a preview that the lab lacks, nor while the lab is not ready', async () => {
  const here = await harbour({});
  await expect(here.address('nothing')).rejects.toMatchObject({ status: 404, field: 'label' });
  const paused = await here.store.sessions.move(here.session.id, 'pause');
  await expect(here.address('web', paused ?? here.session)).rejects.toMatchObject({ status: 409, code: 'not-ready' });
});

test.each([
  ['refused', 502, 'Nothing listens there yet'],
  ['no-name', 502, 'Nothing listens there yet'],
  ['unanswered', 504, 'did not answer in time'],
  ['gone', 503, 'The lab cannot be reached'],
] as const)('when dialling is %s, the page says so', async (code, status, title) => {
  const here = await harbour({ 'control-plane:30080': echo().server });
  const cookie = await here.cookie();
  here.faults.set('control-plane:30080', code);
  const answer = await here.get('/', { headers: { cookie, ...html } });
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(title);
});

test('pages of other sites and of other labs get nothing, whatever cookies they bring; links and neighbours do', async () => {
  const { server, heard } = echo();
  const here = await harbour({ 'control-plane:30080': server });
  const cookie = await here.cookie();
  const status = async (headers: Record<string, string>, method = 'GET') =>
    (await here.get('/', { method, headers: { cookie, ...headers } })).status;
  const elsewhere = 'http://web--another12345.lab.localhost:4321';
  expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', referer: `${elsewhere}/` })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toBe(403);
  expect(
    await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', origin: 'null' }, 'POST'),
  ).toBe(403);
  expect(await status({ origin: elsewhere })).toBe(403);
  expect(heard).toEqual([]);
  expect(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(200);
  expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', origin: here.origin('shop') })).toBe(200);
  expect(await status({ origin: here.origin() }, 'POST')).toBe(200);
});

test('what a person does in a preview keeps the lab awake; what a page asks for by itself does so for half an hour', async () => {
  const here = await harbour({ 'control-plane:30080': echo().server });
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const cookie = await here.cookie();
  const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
  const touches = async (asked: Asked) => {
    const before = here.touched.length;
    expect((await here.get('/', { ...asked, headers: { cookie, ...asked.headers } })).status).toBe(200);
    return here.touched.length - before;
  };
  const click = { headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' } };
  expect(await touches({})).toBe(1);
  minutes(29);
  expect(await touches({})).toBe(1);
  minutes(2);
  expect(await touches({})).toBe(0);
  expect(await touches(click)).toBe(1);
  expect(await touches({})).toBe(1);
  minutes(31);
  expect(await touches({ method: 'POST' })).toBe(1);
});
