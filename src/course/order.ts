import type { CourseFile } from './course-file.ts';

export type CourseEntry = CourseFile['lessons'][number];

export interface Neighbours {
  /** Counted from 1 over all lessons, planned ones too; null when the course does not list it. */
  position: number | null;
  previous: CourseEntry | null;
  next: CourseEntry | null;
}

/** The lessons before and after one, in course order; planned ones are stepped over, as there is nothing to read. */
export function neighbours(course: CourseFile, id: string): Neighbours {
  const index = course.lessons.findIndex((lesson) => lesson.id === id);
  if (index === -1) return { position: null, previous: null, next: null };
  const readable = (lesson: CourseEntry) => !lesson.planned;
  return {
    position: index + 1,
    previous: course.lessons.slice(0, index).findLast(readable) ?? null,
    next: course.lessons.slice(index + 1).find(readable) ?? null,
  };
}
