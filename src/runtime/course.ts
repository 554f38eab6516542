import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { z } from 'zod';
import { CourseFile, frontmatterOf, LessonFrontmatter } from '#course/course-file.ts';
import { formatFault } from '#course/fault.ts';
import { GlossaryFile } from '#course/glossary.ts';
import { parseFile } from '#course/parse.ts';
import { LabFile } from '#lab/lab-file.ts';
import { contentHash } from './content-hash.ts';
import { readYaml } from './yaml-lines.ts';

export interface CourseLab {
  id: string;
  folder: string;
  file: LabFile;
  /** Hash of everything that makes or judges the lab: changes when an attempt could turn out otherwise. */
  version: string;
}

export interface Course {
  root: string;
  file: CourseFile;
  /** Lessons that exist, in course order. */
  lessons: readonly { id: string; title: string; summary: string; minutes: number; lab?: string | undefined }[];
  labs: Readonly<Record<string, CourseLab>>;
  /** Null when the course has none. */
  glossary: GlossaryFile | null;
}

/** Reads the course below `root` (`content/`, `labs/`). Throws naming file, line and key. */
export function loadCourse(root: string): Course {
  const file = checked(CourseFile, root, join(root, 'content', 'course.yaml'));
  const lessons = file.lessons
    .filter((lesson) => !lesson.planned)
    .map(({ id }) => {
      const path = join(root, 'content', 'lessons', `${id}.mdx`);
      return { id, ...checked(LessonFrontmatter, root, path, frontmatterOf(readFileSync(path, 'utf8')) ?? '', 1) };
    });
  const folder = join(root, 'labs');
  const ids = existsSync(folder) ? readdirSync(folder).filter((id) => existsSync(join(folder, id, 'lab.yaml'))) : [];
  const words = join(root, 'content', 'glossary.yaml');
  const glossary = existsSync(words) ? checked(GlossaryFile, root, words) : null;
  return { root, file, lessons, labs: Object.fromEntries(ids.map((id) => [id, loadLab(root, id)])), glossary };
}

/** Reads one lab folder. */
export function loadLab(root: string, id: string): CourseLab {
  const folder = join(root, 'labs', id);
  return { id, folder, file: checked(LabFile, root, join(folder, 'lab.yaml')), version: labVersion(folder) };
}

function labVersion(folder: string): string {
  const graders = list(folder).filter((name) => name.endsWith('.ts'));
  return contentHash(folder, ['lab.yaml', ...graders, ...list(join(folder, 'setup')).map((name) => `setup/${name}`)]);
}

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

/** What a file of the course says; `text` is its YAML, after `skipped` lines, where it is not all of the file. */
function checked<S extends z.ZodType>(schema: S, root: string, path: string, text = readFileSync(path, 'utf8'), skipped = 0): z.infer<S> {
  const file = relative(root, path);
  const yaml = readYaml(file, text, skipped);
  const read = yaml.ok ? parseFile(schema, yaml.value, file, yaml.lineOf) : yaml;
  if (read.ok) return read.value;
  throw new Error(read.faults.map(formatFault).join('\n'));
}
