import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerName } from '#grading/grader.ts';
import { checkLab } from '#runtime/check-lab.ts';
import { answerOf } from '#runtime/grade/answers.ts';
import { startLab } from '#runtime/start-lab.ts';
import type { LabSession } from '#store/port.ts';
import { type Workbench, workbench } from './context.ts';

const id = '04-state-inside';
let bench: Workbench;
let session: LabSession;

beforeEach(async () => {
  bench = await workbench();
  const [first, second] = bench.context.course.labs[id]?.file.tasks ?? [];
  if (!first || !second) throw new Error('the lab has no tasks');
  first.answers = [{ id: 'address', label: 'Its address' }];
  second.answers = [{ id: 'reason', label: 'Why' }];
  session = (await startLab(bench.context, bench.learner, id)).session;
  session = await bench.reaches(session.id, 'ready');
});
afterEach(() => bench.close());

const kept = async (task: string, field: string) => {
  const entries = await bench.context.store.journal.list(session.id, session.epoch, [answerName(task, field)]);
  return entries.map(({ value }) => value);
};
const check = (task: string | undefined, answers: Record<string, string>) => checkLab(bench.context, session, task, answers);

test('what is typed is kept with Check, each time it is another, and the newest is read', async () => {
  const { file } = bench.context.course.labs[id] ?? { file: { tasks: [] } };
  const read = answerOf(bench.context.store.journal, session, file.tasks);
  expect(await read('address')).toBeNull();
  const hostile = '10.0.0.1\u0000 <b>\ud800';
  for (const text of ['10.0.0.1', '10.0.0.1', hostile]) await check('claim', { address: text });
  expect(await kept('claim', 'address')).toEqual(['10.0.0.1', hostile]);
  expect(await read('address')).toBe(hostile);
  expect(await read('nothing')).toBeNull();
});

test('a check of all tasks hands in the fields of all', async () => {
  await check(undefined, { address: 'a', reason: 'b' });
  expect([await kept('claim', 'address'), await kept('class', 'reason')]).toEqual([['a'], ['b']]);
});

test('a field that is not asked for is refused by name, and nothing of that check is kept', async () => {
  await expect(check('claim', { address: 'a', adress: 'b' })).rejects.toMatchObject({ status: 400, field: 'answers.adress' });
  await expect(check('claim', { reason: 'b' })).rejects.toMatchObject({ status: 400, field: 'answers.reason' });
  await expect(check('claim', { constructor: 'b' })).rejects.toMatchObject({ status: 400 });
  expect(await kept('claim', 'address')).toEqual([]);
});

test('the same pressed twice at once is kept once', async () => {
  await Promise.all([check('claim', { address: 'a' }), check('claim', { address: 'a' }), check(undefined, { address: 'a' })]);
  expect(await kept('claim', 'address')).toEqual(['a']);
});

test('a field that was changed without end is refused by name, what was handed in last can still be checked', async () => {
  const { journal } = bench.context.store;
  const name = answerName('claim', 'address');
  for (let count = 0; count < 500; count += 1) {
    await journal.append(session.id, session.epoch, { at: new Date().toISOString(), witness: name, kind: 'seen', value: `${count}` });
  }
  await expect(check(undefined, { reason: 'b', address: 'a' })).rejects.toMatchObject({ status: 429, field: 'answers.address' });
  expect([(await kept('claim', 'address')).length, await kept('class', 'reason')]).toEqual([500, []]);
  expect(await check('claim', { address: '499' })).toHaveLength(1);
});
