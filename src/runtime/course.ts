import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CourseFile, frontmatterOf, LessonFrontmatter } from '#course/course-file.ts';
import { LabFile } from '#lab/lab-file.ts';
import { contentHash } from './content-hash.ts';

export interface CourseLab {
  id: string;
  folder: string;
  file: LabFile;
  /** Hash of everything that makes or judges the lab: changes when an attempt could turn out otherwise. */
  version: string;
  proof: { date: string; kubernetesVersion: string } | null;
}

export interface Course {
  root: string;
  file: CourseFile;
  /** Lessons that exist, in course order. */
  lessons: readonly { id: string; title: string; summary: string; minutes: number; lab?: string | undefined }[];
  labs: Readonly<Record<string, CourseLab>>;
}

const Proof = z.object({ date: z.string(), kubernetesVersion: z.string() });

/** Reads the course below `root` (`content/`, `labs/`). Throws naming the file and the field. */
export function loadCourse(root: string): Course {
  const file = checked(CourseFile, join(root, 'content', 'course.yaml'), root);
  const lessons = file.lessons
    .filter((lesson) => !lesson.planned)
    .map(({ id }) => {
      const path = join(root, 'content', 'lessons', `${id}.mdx`);
      const front = parse(frontmatterOf(readFileSync(path, 'utf8')) ?? '');
      return { id, ...parsed(LessonFrontmatter, front, relative(root, path)) };
    });
  const folder = join(root, 'labs');
  const ids = existsSync(folder) ? readdirSync(folder).filter((id) => existsSync(join(folder, id, 'lab.yaml'))) : [];
  return { root, file, lessons, labs: Object.fromEntries(ids.map((id) => [id, loadLab(root, id)])) };
}

/** Reads one lab folder. */
export function loadLab(root: string, id: string): CourseLab {
  const folder = join(root, 'labs', id);
  const proofFile = join(folder, 'proof.json');
  return {
    id,
    folder,
    file: checked(LabFile, join(folder, 'lab.yaml'), root),
    version: labVersion(folder),
    proof: existsSync(proofFile) ? parsed(Proof, JSON.parse(readFileSync(proofFile, 'utf8')), relative(root, proofFile)) : null,
  };
}

function labVersion(folder: string): string {
  const graders = list(folder).filter((name) => name.endsWith('.ts'));
  return contentHash(folder, ['lab.yaml', ...graders, ...list(join(folder, 'setup')).map((name) => `setup/${name}`)]);
}

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

const checked = <T>(schema: z.ZodType<T>, path: string, root: string): T =>
  parsed(schema, parse(readFileSync(path, 'utf8')), relative(root, path));

function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`${where} is not as it should be:\n${z.prettifyError(result.error)}`);
}
