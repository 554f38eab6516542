import { expect, test } from 'vitest';
import { lineAt, marksOf } from '#course/marks.ts';

test('finds tasks with their lines, on one line or over several, with either quote', () => {
  const mdx = ['---', 'title: x', '---', 'Prose <Task id="claim" />.', '', '<Task', "  id='class'", '/>'].join('\n');
  expect(marksOf(mdx, 'Task')).toEqual([
    { id: 'claim', line: 4 },
    { id: 'class', line: 6 },
  ]);
});

test('finds the task inside another component, and one with children', () => {
  expect(marksOf('<Trap>\n<Task id="a">more</Task>\n</Trap>', 'Task')).toEqual([{ id: 'a', line: 2 }]);
});

test.each([
  ['a fence', '```mdx\n<Task id="x" />\n```'],
  ['an indented fence with tildes', '  ~~~\n  <Task id="x" />\n  ~~~'],
  ['a longer fence around a shorter one', '````\n```\n<Task id="x" />\n```\n````'],
  ['a comment', '{/* <Task id="x" />\n<Task id="y" /> */}'],
  ['inline code', 'Write `<Task id="x" />` where you ask it.'],
  ['another component', '<TaskList id="x" />'],
])('what stands in %s is no task', (_where, mdx) => {
  expect(marksOf(`${mdx}\n\n<Task id="real" />`, 'Task').map((mark) => mark.id)).toEqual(['real']);
});

test.each(['<Task />', '<Task id={name} />', '<Task data-id="x" />'])('%s has no id to be checked', (mdx) => {
  expect(marksOf(mdx, 'Task')).toEqual([{ id: null, line: 1 }]);
});

test('lines are counted from 1', () => {
  expect([lineAt('a\nb', 0), lineAt('a\nb', 1), lineAt('a\nb', 2)]).toEqual([1, 1, 2]);
});
