import { expect, test } from 'vitest';
import { type Block, leadIn, planSlides } from '#components/slides/plan.ts';

const heading = (title: string, level: 2 | 3 = 2): Block<string> => ({
  kind: 'heading',
  level,
  title,
  id: title.toLowerCase(),
  node: title,
});
const text = (words: string): Block<string> => ({ kind: 'text', text: words, node: words });
const code = (node: string, lines = 2): Block<string> => ({ kind: 'code', lines, node });
const words = (node: string, title: string | null = null): Block<string> => ({ kind: 'slide', title, node });
const plan = (...blocks: Block<string>[]) => planSlides('Lesson', blocks);

test('a lesson begins with its title, and what stands before the first heading is said to it', () => {
  expect(plan(text('Hello.'))).toMatchObject([{ kind: 'section', title: 'Lesson', section: '', begins: true, notes: ['Hello.'] }]);
});

test('what the author wrote for a section is shown below its heading; the prose is what is said', () => {
  const [, section] = plan(heading('Storage'), words('points'), text('A long story.'));
  expect(section).toMatchObject({ title: 'Storage', section: 'storage', shown: ['points'], notes: ['A long story.'] });
});

test('written notes take the place of the prose, for their slide alone', () => {
  const slides = plan(heading('A'), text('Before.'), { kind: 'notes', node: 'Say this.' }, text('After.'), heading('B'), text('Prose.'));
  expect(slides.map((slide) => slide.notes)).toEqual([[], ['Say this.'], ['Prose.']]);
});

test('a second set of words in a section, or one with a title, is a slide of its own', () => {
  const slides = plan(heading('A'), words('one'), words('two'), words('three', 'Another'));
  expect(slides.slice(1).map(({ title, shown }) => [title, shown])).toEqual([
    ['A', ['one']],
    ['A', ['two']],
    ['Another', ['three']],
  ]);
});

test('code comes with the sentence that leads to it, and short pieces share a slide until it is full', () => {
  const slides = plan(
    heading('A'),
    text('It runs. Now look at it:'),
    code('look'),
    code('again'),
    text('Then:'),
    code('long', 14),
    code('more'),
  );
  expect(slides.slice(2).map(({ lead, shown }) => [lead, shown])).toEqual([
    ['Now look at it:', ['look', 'again']],
    ['Then:', ['long']],
    [null, ['more']],
  ]);
});

test('sections are stacks: a smaller heading stays in the stack of the larger one', () => {
  const slides = plan(heading('A'), heading('A1', 3), { kind: 'figure', title: 'Drawing', node: 'svg' }, heading('B'));
  expect(slides.map(({ title, begins }) => [title, begins])).toEqual([
    ['Lesson', true],
    ['A', true],
    ['A1', false],
    ['Drawing', false],
    ['B', true],
  ]);
});

test.each([
  ['Make a booking and read it back:', 'Make a booking and read it back:'],
  ['There it is. Now delete the pod. Version 1.2 does it:', 'Version 1.2 does it:'],
  ['Nothing follows.', null],
])('%s leads in with %s', (paragraph, lead) => {
  expect(leadIn(paragraph)).toBe(lead);
});
