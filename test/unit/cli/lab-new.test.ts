import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { checkCourse } from '#cli/check-course.ts';
import { newLab } from '#cli/lab/new.ts';
import { readProvable } from '#cli/prove.ts';
import { leaks } from '../grading/leaks.ts';

const root = process.cwd();
const courseFile = `# Mine.
title: A course of my own
summary: >-
  It says what it says,
  over two lines.
lessons:
  - id: 04-quotas
    title: Limits for everyone
    planned: true
`;
let course: string;
const make = (name: string) => newLab({ root, course, name });
const read = (path: string) => readFileSync(join(course, path), 'utf8');

beforeEach(() => {
  course = mkdtempSync(join(tmpdir(), 'slipway-new-'));
  onTestFinished(() => rmSync(course, { recursive: true }));
  mkdirSync(join(course, 'content'));
  writeFileSync(join(course, 'content', 'course.yaml'), courseFile);
});

test('a new lab and its lesson hold together, and its grader and answers can be read', { timeout: 20_000 }, async () => {
  expect(make('ingress-again')).toBe('05-ingress-again');
  expect(checkCourse(course).filter(({ file }) => !file.startsWith('content/course.yaml'))).toEqual([]);
  const { grader, scripts } = await readProvable(root, course, '05-ingress-again');
  expect(grader.tasks.map(({ id }) => id)).toEqual(['answers', 'copies']);
  expect(scripts.map(({ name }) => name.split('/')[0])).toEqual(['solve.sh', 'right', 'wrong', 'wrong', 'wrong']);
  const said = Object.values(grader.tasks[0]?.words ?? {}).map((words) => Object.values(words).join(' '));
  expect(leaks(said, scripts.flatMap(({ sections }) => sections.map(({ text }) => text)).join('\n'), '')).toEqual([]);
});

test('a new lab is listed at the end of the course, which stays as it is written', () => {
  make('ingress-again');
  expect(read('content/course.yaml')).toBe(`${courseFile.trimEnd()}\n  - id: 05-ingress-again\n    title: "Ingress again"\n`);
});

test('the first lesson of a course that has none is listed too', () => {
  writeFileSync(join(course, 'content', 'course.yaml'), 'title: Mine\nlessons: []\n');
  expect(make('quotas')).toBe('01-quotas');
  expect(read('content/course.yaml')).toBe('title: Mine\nlessons:\n  - id: 01-quotas\n    title: Quotas\n');
  rmSync(join(course, 'content', 'course.yaml'));
  expect(() => make('roles')).toThrow('there is no');
});

test('a planned lesson becomes one that can be read, under its title', () => {
  expect(make('04-quotas')).toBe('04-quotas');
  expect(read('content/course.yaml')).toBe(courseFile.replace('    planned: true\n', ''));
  expect(read('content/lessons/04-quotas.mdx')).toContain('title: "Limits for everyone"');
  expect(read('labs/04-quotas/lab.yaml')).toContain('title: "Limits for everyone"');
});

describe('a name that cannot be used is refused, and nothing is written', () => {
  test.each(['Quotas', 'quotas_2', '../quotas', '4-quotas', 'quotas-', '', 'a'.repeat(41)])('"%s"', (name) => {
    expect(() => make(name)).toThrow("cannot be a lab's name");
    expect(read('content/course.yaml')).toBe(courseFile);
  });

  test('a folder or lesson that is there', () => {
    make('04-quotas');
    expect(() => make('04-quotas')).toThrow('labs/04-quotas is there already');
    rmSync(join(course, 'labs'), { recursive: true });
    expect(() => make('04-quotas')).toThrow('content/lessons/04-quotas.mdx is there already');
  });
});
