import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { labOf } from '#runtime/context.ts';
import { fileDispute } from '#runtime/dispute.ts';
import { askSolution, openHint } from '#runtime/help.ts';
import type { SessionEvent } from '#runtime/hub.ts';
import { workspaceOf } from '#server/workspace/workspace.ts';
import type { LabSession, Person } from '#store/port.ts';
import { type Workbench, workbench } from '../runtime/context.ts';
import { attemptOf } from '../store/learners.ts';

const lab = '04-state-inside';
let bench: Workbench;
let learner: Person;
let session: LabSession;

beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  learner = await bench.context.store.people.create({ name: 'Ada', roles: ['learner'] });
  ({ session } = await bench.context.store.sessions.begin({ person: learner.id, lab, labVersion: 'v1' }));
});

const hint = (number: number, task = 'claim') => openHint(bench.context, learner, { lab, task, number });
const solution = (task = 'claim') => askSolution(bench.context, learner, { lab, task });
const hintsOf = (task: string) => labOf(bench.context, lab).file.tasks.find(({ id }) => id === task)?.hints ?? [];
const page = (person: Person | null = learner) => {
  return workspaceOf(bench.context.store, person, { lesson: lab, lab: labOf(bench.context, lab) });
};
const lines = async () => (await bench.context.store.log.list(session.id)).map(({ text }) => text);

test('hints open one by one, are on the page after a reload, and are recorded once', async () => {
  await expect(hint(2)).rejects.toMatchObject({ status: 409, field: 'number' });
  const [first, second] = hintsOf('claim');
  expect(await hint(1)).toEqual({ hint: first, number: 1, of: hintsOf('claim').length });
  expect((await page()).hints['claim']).toEqual([first]);
  expect(await hint(2)).toMatchObject({ hint: second, number: 2 });
  await hint(1);
  expect((await page()).hints['claim']).toEqual([first, second]);
  expect(await bench.context.store.help.list({ person: learner.id })).toMatchObject([
    { task: 'claim', kind: 'hint', number: 1, session: session.id },
    { task: 'claim', kind: 'hint', number: 2, session: session.id },
  ]);
  expect(await lines()).toEqual([expect.stringMatching(/^Hint 1 of “.+” was opened\.$/), expect.stringMatching(/^Hint 2 /)]);
});

test('a hint, task or lab that is not there is told by name', async () => {
  await expect(hint(99)).rejects.toMatchObject({ status: 404, field: 'number' });
  await expect(hint(1, 'constructor')).rejects.toMatchObject({ status: 404, field: 'task' });
  await expect(openHint(bench.context, learner, { lab: 'toString', task: 'claim', number: 1 })).rejects.toMatchObject({ status: 404 });
});

test('the solution shows when asked for twice, with its comments, and stays', async () => {
  expect(await solution()).toMatchObject({ shown: false, asked: 1 });
  expect((await page()).solutions['claim']).toEqual({ asked: 1, shown: null });
  const shown = await solution();
  expect(shown).toMatchObject({ shown: true, solution: expect.stringContaining('# The old pod goes first') });
  expect(shown).toMatchObject({ solution: expect.not.stringContaining('StorageClass') });
  expect((await page()).solutions['claim']).toEqual({ asked: 2, shown: (shown as { solution: string }).solution });
  expect((await page()).solutions['class']).toEqual({ asked: 0, shown: null });
  expect(await solution()).toEqual(shown);
  expect((await bench.context.store.help.list({ person: learner.id })).map(({ kind, number }) => `${kind} ${number}`).sort()).toEqual([
    'asked 1',
    'asked 2',
    'solution 1',
  ]);
});

test('who passed sees the solution at the first asking; another learner does not', async () => {
  await bench.context.store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
  expect(await solution()).toMatchObject({ shown: true });
  expect((await page()).solutions['claim']).toMatchObject({ asked: 0, shown: expect.stringContaining('kubectl') });
  const other = await bench.context.store.people.create({ name: 'Bob', roles: ['learner'] });
  expect(await askSolution(bench.context, other, { lab, task: 'claim' })).toMatchObject({ shown: false });
  expect((await page(other)).solutions['claim']).toEqual({ asked: 1, shown: null });
});

test('two askings at the same moment, as of a double click, count as one', async () => {
  const both = await Promise.all([solution(), solution()]);
  expect(both).toMatchObject([{ shown: false }, { shown: false }]);
  expect(await solution()).toMatchObject({ shown: true });
});

test('a page without a reader opens no hint and shows no solution', async () => {
  expect(await page(null)).toMatchObject({
    place: null,
    drafts: {},
    hints: { claim: [] },
    solutions: { claim: { asked: 0, shown: null } },
  });
});

test('a verdict is disputed once, with the last sentence, and the page tells its answer', async () => {
  const { id } = await bench.context.store.attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
  const events: SessionEvent[] = [];
  const leave = bench.context.hub.subscribe(session.id, (event) => events.push(event));
  await fileDispute(bench.context, learner, id, 'It is there. ');
  const dispute = await fileDispute(bench.context, learner, id, ' It is there, look.');
  leave();
  expect(dispute).toMatchObject({ attempt: id, sentence: 'It is there, look.', settledAt: null });
  expect(events.map(({ type }) => type)).toEqual(['log']);
  const teacher = await bench.context.store.people.create({ name: 'Grace', roles: ['instructor'] });
  await bench.context.store.disputes.settle(dispute.id, { by: teacher.id, answer: 'It was. Thank you.' });
  const { disputes } = await page();
  expect(disputes.find(({ attempt }) => attempt === id)).toMatchObject({ sentence: 'It is there, look.', answer: 'It was. Thank you.' });
  expect(JSON.stringify(disputes)).not.toContain(teacher.id);
});

test('nobody disputes the verdict of somebody else', async () => {
  const { id } = await bench.context.store.attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
  const other = await bench.context.store.people.create({ name: 'Bob', roles: ['learner', 'instructor'] });
  for (const attempt of [id, 'nothing', '']) {
    await expect(fileDispute(bench.context, other, attempt, '')).rejects.toMatchObject({ status: 404, code: 'no-such-attempt' });
  }
});

test('what was left on the desk is on the page; what has another form than today’s is as if it was never left', async () => {
  const { desk } = bench.context.store;
  const tabs = { active: 2, tabs: [{ shell: 2, name: 'watch' }] };
  await desk.put(learner.id, `tabs:${lab}`, tabs);
  await desk.put(learner.id, `drafts:${lab}`, { leader: 'redis-0' });
  await desk.put(learner.id, `scroll:${lab}`, { anchor: 'task-claim', offset: 'far' });
  await desk.put(learner.id, 'place', { lesson: lab, at: '2026-11-23T10:00:00.000Z' });
  expect(await page()).toMatchObject({ tabs, drafts: { leader: 'redis-0' }, scroll: null, place: { lesson: lab } });
});

test('what was said of a verdict is still on the page after hundreds of later ones', async () => {
  const { attempts } = bench.context.store;
  const disputed = await attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
  await fileDispute(bench.context, learner, disputed.id, 'It is there.');
  const later = (index: number) => new Date(Date.parse(disputed.at) + (index + 1) * 1_000).toISOString();
  for (let index = 0; index < 505; index += 1) await attempts.record(attemptOf(session, { score: 0, status: 'wrong', at: later(index) }));
  expect((await page()).disputes).toMatchObject([{ attempt: disputed.id, task: disputed.task }]);
});
