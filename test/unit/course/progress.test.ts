import fc from 'fast-check';
import { expect, test } from 'vitest';
import { courseProgress, labProgress, whereToGo } from '#course/progress.ts';

const task = (id: string, points: number) => ({ id, title: id, points, brief: 'Make it true, please do.', hints: [], answers: [] });
const tasks = [task('claim', 2), task('class', 3)];
const best = (name: string, score: number, points: number, lab = '04-state') => ({ lab, task: name, score, points });

test('a lab nobody tried is untouched', () => {
  expect(labProgress('04-state', tasks, [])).toEqual({ tasks: 2, passed: 0, score: 0, points: 5, state: 'untouched' });
});

test('a failed attempt is a beginning, a half-right one counts its half', () => {
  expect(labProgress('04-state', tasks, [best('claim', 0, 2)]).state).toBe('begun');
  expect(labProgress('04-state', tasks, [best('claim', 1, 2)])).toMatchObject({ passed: 0, score: 1, state: 'begun' });
});

test('all tasks at full score are done', () => {
  const bests = [best('claim', 2, 2), best('class', 3, 3)];
  expect(labProgress('04-state', tasks, bests)).toMatchObject({ passed: 2, score: 5, points: 5, state: 'done' });
});

test("another lab's task of the same name counts nothing here", () => {
  expect(labProgress('04-state', tasks, [best('claim', 2, 2, '05-http')]).state).toBe('untouched');
});

test('a task that got more points since keeps its share, and one that left the lab is forgotten', () => {
  const bests = [best('claim', 1, 1), best('gone', 10, 10)];
  expect(labProgress('04-state', tasks, bests)).toMatchObject({ passed: 1, score: 2, points: 5 });
});

test('a score is a figure that a page can print', () => {
  expect(labProgress('04-state', [task('a', 3), task('b', 3)], [best('a', 0.1, 3), best('b', 1, 9)]).score).toBe(0.43);
});

test('a score is never below nothing nor above the points, whatever was stored', () => {
  const row = fc.record({
    lab: fc.constant('04-state'),
    task: fc.constantFrom('claim', 'class', 'gone'),
    score: fc.float({ noNaN: true, min: -10, max: 100 }),
    points: fc.integer({ min: 0, max: 10 }),
  });
  fc.assert(
    fc.property(fc.array(row), (bests) => {
      const { score, points, passed, state } = labProgress('04-state', tasks, bests);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(points);
      expect(state === 'done').toBe(passed === tasks.length);
    }),
  );
});

test('the course adds up its labs, says where to go on, and knows when it is done', () => {
  const lessons = [{ id: '03-read' }, { id: '04-state', lab: '04-state' }, { id: '05-http', lab: '05-http' }];
  const labs = { '04-state': { file: { tasks } }, '05-http': { file: { tasks: [task('hosts', 5)] } } };
  const half = courseProgress(lessons, labs, [best('claim', 2, 2), best('class', 3, 3)]);
  expect(half).toMatchObject({ passed: 2, tasks: 3, score: 5, points: 10, state: 'begun', goOn: '05-http' });
  expect(half.lessons.has('03-read')).toBe(false);
  const whole = courseProgress(lessons, labs, [best('claim', 2, 2), best('class', 3, 3), best('hosts', 5, 5, '05-http')]);
  expect(whole).toMatchObject({ state: 'done', goOn: null });
});

test('a course without labs is not done by having none', () => {
  expect(courseProgress([{ id: '03-read' }], {}, [])).toMatchObject({ tasks: 0, state: 'untouched', goOn: null });
});

test('going on leads to where the reader left, unless that is done and something else is not', () => {
  const lessons = [{ id: '01-a', lab: '01-a' }, { id: '02-b', lab: '02-b' }, { id: '03-c' }];
  const labs = { '01-a': { file: { tasks } }, '02-b': { file: { tasks } } };
  const done = (lab: string) => tasks.map(({ id, points }) => best(id, points, points, lab));
  const go = (place: string | null, ...labsDone: string[]) =>
    whereToGo(lessons, courseProgress(lessons, labs, labsDone.flatMap(done)), place)?.id;
  expect(go(null)).toBe('01-a');
  expect(go('02-b')).toBe('02-b');
  expect(go('03-c')).toBe('03-c');
  expect(go('02-b', '02-b')).toBe('01-a');
  expect(go('02-b', '01-a', '02-b')).toBe('02-b');
  expect(go('09-gone', '01-a')).toBe('02-b');
});
