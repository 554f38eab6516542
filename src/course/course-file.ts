import { z } from 'zod';

/** Of a lesson and of a lab folder. */
export const lessonId = z.string().regex(/^\d{2}-[a-z0-9-]+$/, 'use NN-name, e.g. 04-state-inside');

/** `content/course.yaml`: the course and the order of its lessons. */
export const CourseFile = z.strictObject({
  title: z.string().min(3).max(80),
  summary: z.string().min(10).max(400),
  /** Whose material the course follows. */
  source: z.strictObject({ title: z.string(), author: z.string(), url: z.url(), licence: z.string() }).optional(),
  /** All lessons, in order. One without an MDX file is announced as planned. */
  lessons: z.array(z.strictObject({ id: lessonId, title: z.string(), planned: z.boolean().default(false) })).min(1),
});
export type CourseFile = z.infer<typeof CourseFile>;

/** Frontmatter of `content/lessons/NN-name.mdx`. */
export const LessonFrontmatter = z.strictObject({
  title: z.string().min(3).max(80),
  summary: z.string().min(10).max(200),
  /** Reading and doing, in minutes. */
  minutes: z.int().min(1).max(120),
  /** The lab folder this lesson opens onto. */
  lab: lessonId.optional(),
});
export type LessonFrontmatter = z.infer<typeof LessonFrontmatter>;

/** The YAML between the dashes that a lesson's text begins with; null when it does not. Any kind of line end will do. */
export function frontmatterOf(text: string): string | null {
  return /^---\r?\n((?:[\s\S]*?\r?\n)?)---[^\S\n]*(?:\r?\n|$)/.exec(text)?.[1] ?? null;
}
