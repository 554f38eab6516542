import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '#store/open.ts';
import type { Store } from '#store/port.ts';
import { attemptOf } from '../adapters/store/learners.ts';
import { type Site, site } from './site.ts';

/** Stands in everything that is Ada's. */
const mark = 'adas-own-2f9c';
const lab = '04-state-inside';
const pages = join(import.meta.dirname, '../../src/pages');

let here: Site;
const cookies: Record<string, string> = {};
let session = '';
let attempt = '';
let dispute = '';

async function fill(store: Store) {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const people = await Promise.all(
    (['ada', 'bob', 'grace'] as const).map(async (name) => {
      const person = await store.people.create({
        name: name === 'ada' ? mark : name,
        roles: name === 'grace' ? ['instructor'] : ['learner'],
      });
      cookies[name] = `slipway=${(await store.people.openSession(person.id, expires)).token}`;
      return person.id;
    }),
  );
  const [ada = ''] = people;
  const begun = await store.sessions.begin({ person: ada, lab, labVersion: 'v1' });
  await store.sessions.move(begun.session.id, 'end', { reason: { code: 'x', message: mark } });
  session = begun.session.id;
  const { evidence, ...rest } = attemptOf(begun.session, { score: 0, status: 'wrong' });
  attempt = (await store.attempts.record({ ...rest, evidence: { ...evidence, observed: { pod: { ok: true, value: mark } } } })).id;
  dispute = (await store.disputes.file({ attempt, person: ada, sentence: mark })).id;
  await store.log.add(session, 1, { kind: 'help', text: mark });
  await store.help.take({ person: ada, lab, task: 'claim', kind: 'hint', number: 1, session });
  await store.desk.put(ada, `drafts:${lab}`, { name: mark });
}

beforeAll(async () => {
  here = await site({ SLIPWAY_NO_ENGINE: '1' });
  const store = await openStore({ folder: here.data });
  await fill(store);
  await store.close();
  await here.start();
});
afterAll(() => here.close());

interface Asked {
  route: string;
  method?: 'GET' | 'POST' | 'PUT';
  path: () => string;
  body?: unknown;
  form?: string;
  /** The status for whose it is; null when it depends on more than whose it is. */
  owner: number | null;
  other: number;
  instructor?: number;
}

/** Every route that answers with somebody's rows, or changes them. */
const asked: readonly Asked[] = [
  { route: 'sessions/[id]/index', path: () => `/api/sessions/${session}`, owner: 200, other: 404 },
  { route: 'sessions/[id]/log', path: () => `/api/sessions/${session}/log`, owner: 200, other: 404 },
  { route: 'sessions/[id]/work', path: () => `/api/sessions/${session}/work`, owner: null, other: 404 },
  { route: 'sessions/[id]/events', path: () => `/api/sessions/${session}/events`, owner: 200, other: 404 },
  ...['check', 'end', 'reset', 'pause', 'resume', 'extend'].map((verb) => ({
    route: `sessions/[id]/${verb}`,
    method: 'POST' as const,
    path: () => `/api/sessions/${session}/${verb}`,
    owner: null,
    other: 404,
  })),
  {
    route: 'sessions/[id]/preview',
    method: 'POST',
    path: () => `/api/sessions/${session}/preview`,
    body: { label: 'x' },
    owner: null,
    other: 404,
  },
  { route: 'labs/[lab]/session', path: () => `/api/labs/${lab}/session`, owner: 200, other: 200 },
  {
    route: 'labs/[lab]/hints',
    method: 'POST',
    path: () => `/api/labs/${lab}/hints`,
    body: { task: 'claim', number: 2 },
    owner: 200,
    other: 409,
  },
  {
    route: 'labs/[lab]/solution',
    method: 'POST',
    path: () => `/api/labs/${lab}/solution`,
    body: { task: 'claim' },
    owner: 200,
    other: 200,
  },
  {
    route: 'attempts/[attempt]/dispute',
    method: 'POST',
    path: () => `/api/attempts/${attempt}/dispute`,
    body: { sentence: mark },
    owner: 200,
    other: 404,
  },
  { route: 'desk/index', path: () => `/api/desk?name=drafts:${lab}`, owner: 200, other: 200 },
  {
    route: 'desk/[name]',
    method: 'PUT',
    path: () => '/api/desk/place',
    body: { value: { lesson: 'x', at: '2026-11-23T10:00:00.000Z' } },
    owner: 204,
    other: 204,
  },
  {
    route: '/teach',
    method: 'POST',
    path: () => `/teach/disputes/${dispute}`,
    form: 'answer=Seen',
    owner: 403,
    other: 403,
    instructor: 303,
  },
  { route: '/lessons', path: () => `/lessons/${lab}`, owner: 200, other: 200 },
  { route: '/teach', path: () => '/teach', owner: 403, other: 403, instructor: 200 },
  { route: '/teach', path: () => `/teach/attempts/${attempt}`, owner: 403, other: 403, instructor: 200 },
  { route: '/teach', path: () => '/teach/attempts', owner: 403, other: 403, instructor: 200 },
  { route: '/teach', path: () => '/teach/host', owner: 403, other: 403, instructor: 200 },
  { route: '/teach', path: () => `/teach/host/${session}`, owner: 403, other: 403, instructor: 200 },
  { route: '/teach', path: () => '/teach/results.csv', owner: 403, other: 403, instructor: 200 },
];
/** Makes containers; what it answers is the session that `labs/[lab]/session` shows. */
const elsewhere = ['labs/[lab]/start'];

async function ask({ method = 'GET', path, body, form }: Asked, cookie: string | undefined) {
  const answer = await fetch(`${here.origin}${path()}`, {
    method,
    headers: {
      origin: here.origin,
      'content-type': form === undefined ? 'application/json' : 'application/x-www-form-urlencoded',
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(method === 'GET' ? {} : { body: form ?? JSON.stringify(body ?? {}) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return { status: answer.status, text: await answer.text() };
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return { status: answer.status, text: new TextDecoder().decode(first?.value) };
}

describe('what is one learner’s', () => {
  test('every endpoint is looked at', () => {
    const there = readdirSync(join(pages, 'api'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const known = [...asked.map(({ route }) => route), ...elsewhere];
    expect(there.map((name) => name.replace(/\.ts$/, '')).filter((name) => !known.includes(name))).toEqual([]);
  });

  const there = asked.filter(({ route }) => route.startsWith('/') || existsSync(join(pages, 'api', `${route}.ts`)));
  for (const each of there) {
    const title = `${each.method ?? 'GET'} ${each.route}`;
    test(`${title} answers nothing of it to another learner`, async () => {
      const { status, text } = await ask(each, cookies['bob']);
      expect(text).not.toContain(mark);
      expect(status).toBe(each.other);
    });
    test(`${title} answers nothing to who has no session`, async () => {
      const { status, text } = await ask(each, undefined);
      expect(text).not.toContain(mark);
      if (each.route !== '/lessons') expect([401, 403]).toContain(status);
    });
    test(`${title} answers its owner${each.instructor === undefined ? '' : ' and an instructor'}`, async () => {
      const { status, text } = await ask(each, cookies['ada']);
      if (each.owner === null) expect(`${status} ${text}`).not.toMatch(/^(401|403|500)|no-such-session/);
      else expect(status).toBe(each.owner);
      if (each.instructor !== undefined) expect((await ask(each, cookies['grace'])).status).toBe(each.instructor);
    });
  }

  test('its owner does see it', async () => {
    for (const path of [`/api/sessions/${session}`, `/api/sessions/${session}/log`, `/api/desk?name=drafts:${lab}`, `/lessons/${lab}`]) {
      expect((await ask({ route: '', path: () => path, owner: 200, other: 200 }, cookies['ada'])).text, path).toContain(mark);
    }
  });
});
