import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { SessionView } from '#runtime/hub.ts';
import { openStore } from '#store/open.ts';
import { follow, type Site, site } from './site.ts';

let here: Site | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
});

async function serving(env: Record<string, string>): Promise<Site> {
  here = await site(env);
  await here.start();
  return here;
}

test('without an engine lessons are read, and Start says what is missing', async () => {
  const here = await serving({ SLIPWAY_NO_ENGINE: '1' });
  const lesson = await fetch(`${here.origin}/lessons/04-state-inside`, { headers: { accept: 'text/html' } });
  expect(lesson.status).toBe(200);
  expect(await lesson.text()).toContain('PersistentVolumeClaim');
  const start = await here.call('POST', '/api/labs/04-state-inside/start');
  expect(start).toMatchObject({ status: 503, body: { error: { code: 'no-engine', advice: expect.stringContaining('npm start') } } });
});

test('an engine that is not there is named, with what to do', async () => {
  const here = await serving({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
  const start = await here.call('POST', '/api/labs/04-state-inside/start');
  expect(start).toMatchObject({ status: 503, body: { error: { code: 'no-engine', advice: expect.stringContaining('doctor') } } });
});

test('too little disk is refused with the figures', async () => {
  const here = await serving({ SLIPWAY_DISK_WATERMARK_MIB: '99999999' });
  const start = await here.call('POST', '/api/labs/04-state-inside/start');
  expect(start).toMatchObject({ status: 503, body: { error: { code: 'no-space' } } });
  expect(JSON.stringify(start.body)).toMatch(/\d+\.\d GiB are free .* and 97656\.2 GiB are needed/);
});

test('scenario 15: a node image that is not there is named by the phase, with the command that makes one', async () => {
  const here = await serving({ SLIPWAY_NODE_IMAGE: 'nowhere/node:missing' });
  const start = await here.call('POST', '/api/labs/04-state-inside/start');
  const { session } = start.body as { session: SessionView };
  const failed = await follow(
    here,
    session.id,
    (event) => (event.type === 'session' && event.data.state === 'failed' ? event.data : undefined),
    60,
  );
  expect(failed.reason).toMatchObject({ code: 'no-image', message: expect.stringContaining('nowhere/node:missing') });
  expect(failed.reason?.advice).toMatch(/SLIPWAY_NODE_IMAGE|slipway images/);
  expect(await here.census()).toEqual([]);
});

test('the first page sets a cookie that scripts and other sites cannot use', async () => {
  const here = await serving({ SLIPWAY_NO_ENGINE: '1' });
  const page = await fetch(`${here.origin}/`, { headers: { accept: 'text/html' } });
  expect(page.headers.getSetCookie()[0]).toMatch(/^slipway=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  expect((await fetch(`${here.origin}/api/labs/04-state-inside/session`)).status).toBe(401);
});

test('a host name that is not ours is misdirected, pages and sockets alike', async () => {
  const here = await serving({ SLIPWAY_NO_ENGINE: '1' });
  for (const host of ['evil.example', 'localhost.evil.example', 'localhost:1']) {
    expect(await statusFor(here, '/', { host })).toBe(421);
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'c2xpcHdheXNsaXB3YXk=',
    };
    expect(await statusFor(here, '/ws/sessions/abc/shells/1', { host, ...upgrade })).toBe(421);
  }
});

test('what asks for a change must come from this site, in a form we know', async () => {
  const here = await serving({ SLIPWAY_NO_ENGINE: '1' });
  const cookie = await here.cookie();
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${here.origin}${path}`, {
      method: 'POST',
      body,
      headers: { cookie, origin: here.origin, 'content-type': 'application/json', ...headers },
    });
  const path = '/api/labs/04-state-inside/start';
  expect((await post(path, '{}', { origin: 'http://evil.example' })).status).toBe(403);
  expect((await post(path, '{')).status).toBe(400);
  const unknown = await post(path, '{"now":true}');
  expect(unknown.status).toBe(400);
  expect(await unknown.json()).toMatchObject({ error: { field: 'now' } });
  expect((await post(path, `{"a":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
  expect((await here.call('POST', '/api/labs/99-nothing/start')).status).toBe(404);
  expect((await here.call('POST', '/api/labs/__proto__/start')).status).toBe(404);
  for (const id of ['nosuchsession', '..%2f..%2fetc', `${'a'.repeat(200)}`]) {
    expect((await here.call('GET', `/api/sessions/${id}`)).status, id).toBe(404);
  }
});

test('somebody else’s session is as if it did not exist, for every verb', async () => {
  const here = await serving({ SLIPWAY_NO_ENGINE: '1' });
  const store = await openStore({ folder: here.data });
  const other = await store.people.create({ name: 'Somebody else', roles: ['learner'] });
  const { session } = await store.sessions.begin({ person: other.id, lab: '04-state-inside', labVersion: 'v' });
  const { token } = await store.people.openSession(other.id, new Date(Date.now() + 60_000).toISOString());
  await store.close();
  const theirs = await fetch(`${here.origin}/api/sessions/${session.id}`, { headers: { cookie: `slipway=${token}` } });
  expect(theirs.status).toBe(200);
  expect((await here.call('GET', `/api/sessions/${session.id}`)).status).toBe(404);
  expect((await here.call('GET', `/api/sessions/${session.id}/events`)).status).toBe(404);
  for (const verb of ['check', 'reset', 'end'])
    expect((await here.call('POST', `/api/sessions/${session.id}/${verb}`)).status, verb).toBe(404);
  // Not an instructor: no results.
  for (const path of ['/teach', '/teach/results.csv', '/teach/host']) {
    const answer = await fetch(`${here.origin}${path}`, { headers: { cookie: `slipway=${token}`, accept: 'text/html' } });
    expect(answer.status, path).toBe(403);
  }
});

/** A request with headers that fetch does not allow. */
function statusFor(here: Site, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${here.origin}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end();
  });
}
