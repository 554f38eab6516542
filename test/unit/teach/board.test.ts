import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { helpWords } from '#components/teach/help-words.ts';
import type { Status } from '#grading/verdict.ts';
import { attemptDetail, attemptsOf } from '#server/teach/attempts.ts';
import { board, type Labs } from '#server/teach/board.ts';
import { openDisputes } from '#server/teach/disputes.ts';
import { resultsCsv } from '#server/teach/results-csv.ts';
import { openStore } from '#store/open.ts';
import type { Attempt, LabSession, Store } from '#store/port.ts';

const brief = 'What the learner is told to make true.';
const task = (id: string, title: string, points: number) => ({ id, title, points, brief, hints: [], answers: [] });
const labs: Labs = {
  '02-second': { file: { title: 'Second', tasks: [task('only', 'The only one', 1)] } },
  '04-state-inside': {
    file: { title: 'State inside', tasks: [task('claim', 'Keep the bookings', 4), task('class', 'A class of storage', 3)] },
  },
};

let store: Store;
const folder = mkdtempSync(join(tmpdir(), 'slipway-board-'));
let clock = Date.parse('2026-11-23T09:00:00Z');
const people: Record<string, string> = {};
const ids: string[] = [];

async function check(session: LabSession, task: string, status: Status, score: number): Promise<Attempt> {
  clock += 60_000;
  const at = new Date(clock).toISOString();
  const { id, person, lab, epoch, labVersion } = session;
  return await store.attempts.record({
    ...{ session: id, person, lab, task, cause: 'check', at, epoch, labVersion, graderVersion: 'g1', kubernetesVersion: 'v1.35.4' },
    points: 4,
    verdict: { task, status, score, findings: [] },
    evidence: { task, at, settlingSince: null, observed: { claim: { ok: true, value: null } }, journal: [], trials: null, partial: false },
  });
}

beforeAll(async () => {
  store = await openStore({ folder, now: () => new Date(clock) });
  for (const name of ['Zoe', 'Ada', '=Mallory', 'Idle']) people[name] = (await store.people.create({ name, roles: ['learner'] })).id;
  const begin = async (name: string, lab: string) =>
    (await store.sessions.begin({ person: people[name] ?? '', lab, labVersion: 'v1' })).session;
  const ada = await begin('Ada', '04-state-inside');
  ids.push((await check(ada, 'claim', 'wrong', 1)).id);
  ids.push((await check(ada, 'claim', 'passed', 4)).id);
  ids.push((await check(ada, 'claim', 'wrong', 0)).id);
  await begin('Zoe', '04-state-inside');
  clock += 60_000;
  const help = { lab: '04-state-inside', task: 'claim', session: null };
  for (const number of [1, 2]) await store.help.take({ ...help, person: people['Ada'] ?? '', kind: 'hint', number });
  await store.help.take({ ...help, person: people['Ada'] ?? '', kind: 'solution', number: 1 });
  await store.help.take({ ...help, person: people['Zoe'] ?? '', kind: 'hint', number: 1 });
  await check(await begin('=Mallory', 'withdrawn'), 'old', 'not-yet', 0);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the board', () => {
  test('has a table for each lab somebody opened, the course’s own first, and names those who opened none', async () => {
    const { labs: tables, idle } = await board(store, labs);
    expect(tables.map(({ id, title, points }) => [id, title, points])).toEqual([
      ['04-state-inside', 'State inside', 7],
      ['withdrawn', 'withdrawn', 4],
    ]);
    expect(idle).toEqual([{ id: people['Idle'], name: 'Idle' }]);
  });

  test('shows each learner by name with the best of each task and how the newest check ended', async () => {
    const { labs: tables } = await board(store, labs);
    const [ada, zoe] = tables[0]?.learners ?? [];
    expect(ada).toMatchObject({
      person: { name: 'Ada' },
      score: 4,
      checks: 3,
      lastAt: '2026-11-23T09:03:00.000Z',
      session: { state: 'queued' },
    });
    expect(ada?.cells).toEqual([expect.objectContaining({ score: 4, status: 'passed', attempt: ids[1], lastStatus: 'wrong' }), null]);
    expect(ada?.help).toEqual([
      { hints: 2, solutionAt: '2026-11-23T09:04:00.000Z' },
      { hints: 0, solutionAt: null },
    ]);
    expect(zoe).toMatchObject({ person: { name: 'Zoe' }, score: 0, checks: 0, lastAt: null, cells: [null, null] });
  });
});

describe('attempts', () => {
  test('of a learner come newest first, page by page, in words', async () => {
    const who = { person: people['Ada'] ?? '', limit: 2 };
    const first = await attemptsOf(store, labs, who);
    expect(first.attempts.map((one) => one.id)).toEqual([ids[2], ids[1]]);
    expect(first.attempts[0]).toMatchObject({ name: 'Ada', labTitle: 'State inside', taskTitle: 'Keep the bookings' });
    const second = await attemptsOf(store, labs, { ...who, before: first.older ?? '' });
    expect(second).toMatchObject({ attempts: [{ id: ids[0] }], older: null });
  });

  test('one attempt comes with its evidence, whether it counts, and its neighbours', async () => {
    expect(await attemptDetail(store, labs, ids[1] ?? '')).toMatchObject({
      attempt: { id: ids[1], evidence: { observed: { claim: { ok: true, value: null } } } },
      person: { name: 'Ada' },
      best: true,
      earlier: ids[0],
      later: ids[2],
    });
    expect(await attemptDetail(store, labs, ids[0] ?? '')).toMatchObject({ best: false, earlier: null, later: ids[1] });
    expect(await attemptDetail(store, labs, 'nothing')).toBeNull();
  });

  test('of a task that left the course keep its id for a title', async () => {
    const { attempts } = await attemptsOf(store, labs, { lab: 'withdrawn' });
    expect(attempts).toMatchObject([{ name: '=Mallory', labTitle: 'withdrawn', taskTitle: 'old' }]);
  });
});

describe('a disputed verdict', () => {
  test('waits on the board with its sentence until it is settled; its attempt has both', async () => {
    const filed = await store.disputes.file({ attempt: ids[2] ?? '', person: people['Ada'] ?? '', sentence: 'It is there.' });
    expect(await openDisputes(store, labs)).toEqual([
      {
        dispute: filed,
        attempt: expect.objectContaining({ id: ids[2], name: 'Ada', taskTitle: 'Keep the bookings', labTitle: 'State inside' }),
      },
    ]);
    await store.disputes.settle(filed.id, { by: people['Idle'] ?? '', answer: 'It was not.' });
    expect(await openDisputes(store, labs)).toEqual([]);
    expect(await attemptDetail(store, labs, ids[2] ?? '')).toMatchObject({ dispute: { answer: 'It was not.' }, help: { hints: 2 } });
  });
});

test('the solution read after a task passed is told apart from one seen before', () => {
  const passed = { status: 'passed', at: '2026-11-23T09:02:00.000Z' } as const;
  expect(helpWords({ hints: 2, solutionAt: '2026-11-23T09:04:00.000Z' }, passed)).toBe('2 hints, solution read after it passed');
  expect(helpWords({ hints: 1, solutionAt: '2026-11-23T09:01:00.000Z' }, passed)).toBe('1 hint, solution seen');
  expect(helpWords({ hints: 0, solutionAt: '2026-11-23T09:04:00.000Z' }, { ...passed, status: 'wrong' })).toBe('solution seen');
  expect(helpWords({ hints: 0, solutionAt: null }, null)).toBe('');
});

test('the gradebook has a record for each learner and task, tasks not tried among them, and runs no formula', async () => {
  const lines = (await resultsCsv(store, labs)).split('\r\n');
  expect(lines).toEqual([
    'learner_id,learner,lab_id,lab,task_id,task,score,points,status,attempts,best_attempt_id,best_at,last_status,last_at,checks,hints,solution_seen',
    `${people['Ada']},Ada,04-state-inside,State inside,claim,Keep the bookings,4,4,passed,3,${ids[1]},2026-11-23T09:02:00.000Z,wrong,2026-11-23T09:03:00.000Z,3,2,2026-11-23T09:04:00.000Z`,
    `${people['Ada']},Ada,04-state-inside,State inside,class,A class of storage,0,3,not-tried,0,,,,,0,0,`,
    `${people['Zoe']},Zoe,04-state-inside,State inside,claim,Keep the bookings,0,4,not-tried,0,,,,,0,1,`,
    `${people['Zoe']},Zoe,04-state-inside,State inside,class,A class of storage,0,3,not-tried,0,,,,,0,0,`,
    expect.stringMatching(/^\w+,'=Mallory,withdrawn,withdrawn,old,old,0,4,not-yet,1,\w+,/),
    '',
  ]);
});

test('a regraded attempt shows what it was, and the gradebook counts what it is', async () => {
  const { id: person } = await store.people.create({ name: 'Regraded', roles: ['learner'] });
  const { session } = await store.sessions.begin({ person, lab: '02-second', labVersion: 'v1' });
  const { id } = await check(session, 'only', 'wrong', 0);
  const [at, verdict] = ['2026-12-01T08:00:00.000Z', { task: 'only', status: 'passed' as const, score: 1, findings: [] }];
  await store.attempts.regrade([{ attempt: id, at, graderVersion: 'g2', points: 1, verdict }]);
  expect(await attemptDetail(store, labs, id)).toMatchObject({
    attempt: {
      verdict: { status: 'passed', score: 1 },
      revisedAt: at,
      revisedFrom: [{ graderVersion: 'g1', verdict: { status: 'wrong' } }],
    },
    best: true,
  });
  expect((await attemptsOf(store, labs, { person })).attempts).toMatchObject([{ revisedAt: at, verdict: { score: 1 } }]);
  expect(await resultsCsv(store, labs)).toContain(`Regraded,02-second,Second,only,The only one,1,1,passed,1,${id},`);
});
