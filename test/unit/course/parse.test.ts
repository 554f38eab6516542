import { expect, test } from 'vitest';
import { CourseFile, LessonFrontmatter } from '#course/course-file.ts';
import { formatFault, sortFaults } from '#course/fault.ts';
import { parseFile } from '#course/parse.ts';

const lines: Record<string, number> = { title: 2, minutes: 4, speling: 5, 'lessons.1.id': 9 };
const lineOf = (path: readonly PropertyKey[]) => lines[path.join('.')] ?? 1;
const words = (schema: typeof LessonFrontmatter | typeof CourseFile, input: unknown) => {
  const parsed = parseFile(schema, input, 'f.mdx', lineOf);
  return parsed.ok ? [] : sortFaults(parsed.faults).map(formatFault);
};
const good = { title: 'Storage', summary: 'What outlives a pod, and why.', minutes: 20 };

test('good frontmatter comes back as its value', () => {
  expect(parseFile(LessonFrontmatter, good, 'f.mdx', lineOf)).toEqual({ ok: true, value: good });
});

test('faults name the key, the line and what is needed, in the words of a person', () => {
  expect(words(LessonFrontmatter, { ...good, title: 'ab', minutes: 'many', speling: 1 })).toEqual([
    'f.mdx:2: `title`: is too short: at least 3 characters',
    'f.mdx:4: `minutes`: must be a number',
    'f.mdx:5: unknown key `speling`',
  ]);
});

test('a missing key is called missing', () => {
  const { summary: _, ...rest } = good;
  expect(words(LessonFrontmatter, rest)).toEqual(['f.mdx:1: `summary`: is missing (text is needed)']);
});

test('out of range, in both directions', () => {
  expect(words(LessonFrontmatter, { ...good, minutes: 0 })).toEqual(['f.mdx:4: `minutes`: must be 1 or more']);
  expect(words(LessonFrontmatter, { ...good, minutes: 500 })).toEqual(['f.mdx:4: `minutes`: must be 120 or less']);
  expect(words(LessonFrontmatter, { ...good, summary: 'x'.repeat(201) })).toEqual([
    'f.mdx:1: `summary`: is too long: at most 200 characters',
  ]);
});

test('a rule of our own speaks for itself, at the list item it is about', () => {
  const lessons = [
    { id: '01-a', title: 'A' },
    { id: 'b', title: 'B' },
  ];
  expect(words(CourseFile, { title: 'Course', summary: 'Long enough to be one.', lessons })).toEqual([
    'f.mdx:9: `lessons[1].id`: use NN-name, e.g. 04-state-inside',
  ]);
});

test('what is not a set of keys at all', () => {
  expect(words(LessonFrontmatter, 'prose')).toEqual(['f.mdx:1: must be a set of keys and values']);
});

test('faults are told once, by file and line', () => {
  const fault = (file: string, line: number) => ({ file, line, message: 'm' });
  expect(sortFaults([fault('b', 1), fault('a', 10), fault('a', 9), fault('a', 9)]).map(formatFault)).toEqual([
    'a:9: m',
    'a:10: m',
    'b:1: m',
  ]);
});
