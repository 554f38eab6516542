import { expect, test } from 'vitest';
import { CourseFile } from '#course/course-file.ts';
import { neighbours } from '#course/order.ts';

const course = CourseFile.parse({
  title: 'A course',
  summary: 'A course of four lessons.',
  lessons: [
    { id: '01-a', title: 'A' },
    { id: '02-b', title: 'B', planned: true },
    { id: '03-c', title: 'C' },
    { id: '04-d', title: 'D', planned: true },
  ],
});

test('next and previous step over planned lessons', () => {
  expect(neighbours(course, '01-a').next?.id).toBe('03-c');
  expect(neighbours(course, '03-c').previous?.id).toBe('01-a');
});

test('the first lesson has none before it and the last readable one none after it', () => {
  expect(neighbours(course, '01-a')).toMatchObject({ position: 1, previous: null });
  expect(neighbours(course, '03-c')).toMatchObject({ position: 3, next: null });
});

test('a lesson the course does not list has no place in it', () => {
  expect(neighbours(course, '99-x')).toEqual({ position: null, previous: null, next: null });
});
