import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkCourse, courseContract } from '#cli/check-course.ts';
import { CourseFile, frontmatterOf, LessonFrontmatter } from '#course/course-file.ts';
import { formatFault } from '#course/fault.ts';
import { neighbours } from '#course/order.ts';
import { courseProgress } from '#course/progress.ts';
import { loadCourse } from '#runtime/course.ts';
import { readSettings } from '#runtime/settings.ts';
import { changed, courseFolder } from './course-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const lessons = readdirSync(join(root, 'content', 'lessons'));
const tokens = readFileSync(join(root, 'src', 'styles', 'tokens.css'), 'utf8');
const read = (name: string) => readFileSync(join(root, 'content', 'lessons', name), 'utf8');

/** Running words of a lesson: no frontmatter, code, drawings, slides or tags. */
function prose(mdx: string): string[] {
  return mdx
    .replace(/^---[\s\S]*?\n---\n/, '')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/<(Slide|Notes)\b(?![^>]*\bboth)[\s\S]*?<\/\1>/g, '')
    .replace(/<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]+>/g, '')
    .replace(/\]\([^)]*\)/g, ']')
    .split(/\s+/)
    .filter((word) => /\w/.test(word));
}

test('the course in this repository has no faults', () => {
  expect(checkCourse(root).map(formatFault)).toEqual([]);
});

test('the course follows its ten topics in order and names its source', () => {
  const course = CourseFile.parse(parse(readFileSync(join(root, 'content', 'course.yaml'), 'utf8')));
  expect(course.lessons.map((lesson) => lesson.id.slice(0, 2))).toEqual(['01', '02', '03', '04', '05', '06', '07', '08', '09', '10']);
  expect(course.source).toMatchObject({ author: 'Jérôme Petazzoni', licence: 'CC-BY-4.0' });
});

describe.each(lessons)('%s', (name) => {
  const text = read(name);

  test('is at least 900 words, and leaves most of its minutes for doing', () => {
    const count = prose(text).length;
    const { minutes } = LessonFrontmatter.parse(parse(frontmatterOf(text) ?? ''));
    expect(count).toBeGreaterThanOrEqual(900);
    expect(count).toBeLessThanOrEqual(85 * minutes);
  });

  test('has a trap, something to remember, and sources', () => {
    for (const part of ['<Trap', '<Remember', '<Sources']) expect(text).toContain(part);
  });

  test('every drawing has a title and a text alternative, and takes its colours from the theme', () => {
    expect(text).toMatch(/<Figure\b/);
    for (const [figure] of text.matchAll(/<Figure\b[\s\S]*?<\/Figure>/g)) {
      expect(figure).toMatch(/title="[^"]{5,}"/);
      expect(figure).toMatch(/desc="[^"]{40,}"/);
      expect(figure).not.toMatch(/#[0-9a-f]{3,8}\b|rgb\(|hsl\(/i);
      for (const [, token] of figure.matchAll(/var\((--[\w-]+)\)/g)) expect(tokens).toContain(`${token}:`);
    }
  });

  test('nothing is loaded from another site, and links are https', () => {
    expect(text).not.toMatch(/<(img|script|iframe|link)\b/);
    expect(text).not.toMatch(/\]\(http:|="http:/);
  });
});

test('a course that does not hold together fails the build with file and line', async () => {
  const folder = courseFolder(changed('content/lessons/01-first.mdx', 'id="two"', 'id="tow"'));
  const build = courseContract(folder).hooks['astro:build:start'];
  expect(() => build?.({} as Parameters<typeof build>[0])).toThrow('content/lessons/01-first.mdx:14: lab `01-first` has no task `tow`');
});

test('a sound course outside the repository builds', () => {
  const build = courseContract(courseFolder()).hooks['astro:build:start'];
  expect(() => build?.({} as Parameters<typeof build>[0])).not.toThrow();
});

test('a course outside the repository is found by one setting, read, and counted', () => {
  const folder = courseFolder();
  const settings = readSettings({ SLIPWAY_COURSE: folder, SLIPWAY_DATA: join(folder, 'data') });
  const course = loadCourse(settings.course);
  expect(course.lessons.map((lesson) => lesson.id)).toEqual(['01-first']);
  expect(course.labs['01-first']?.file.tasks.map((task) => task.id)).toEqual(['one', 'two']);
  expect(neighbours(course.file, '01-first')).toMatchObject({ position: 1, previous: null, next: null });
  const bests = [{ lab: '01-first', task: 'two', score: 2, points: 2 }];
  expect(courseProgress(course.lessons, course.labs, bests)).toMatchObject({
    passed: 1,
    score: 2,
    points: 3,
    state: 'begun',
    goOn: '01-first',
  });
});
