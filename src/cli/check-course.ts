import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AstroIntegration } from 'astro';
import { type LabSource, type LessonSource, labFaults, lessonFaults, orderFaults, previewFaults } from '#course/contract.ts';
import { CourseFile, frontmatterOf, LessonFrontmatter } from '#course/course-file.ts';
import { type Fault, formatFault, sortFaults } from '#course/fault.ts';
import { fenceFaults } from '#course/fence.ts';
import { GlossaryFile, type GlossarySource, glossaryFaults, termFaults } from '#course/glossary.ts';
import { parseFile } from '#course/parse.ts';
import { LabFile } from '#lab/lab-file.ts';
import { readYaml } from '#runtime/yaml-lines.ts';

/** Everything wrong in the course below `root` (`content/`, `labs/`): files, keys, and where prose and labs disagree. */
export function checkCourse(root: string): Fault[] {
  const faults: Fault[] = [];
  const lessons = names(join(root, 'content', 'lessons'))
    .filter((name) => name.endsWith('.mdx'))
    .map((name) => readLesson(root, name.slice(0, -'.mdx'.length), faults));
  const labs = names(join(root, 'labs'))
    .filter((name) => existsSync(join(root, 'labs', name, 'lab.yaml')))
    .map((name) => readLab(root, name, faults));
  const course = readCourse(root, faults);
  if (course !== null) faults.push(...orderFaults(course, lessons));
  faults.push(...lessons.flatMap(({ file, text }) => fenceFaults(file, text)));
  const glossary = readGlossary(root, faults);
  if (glossary !== 'faulty') {
    const listed = course?.course.lessons.map((lesson) => lesson.id);
    if (glossary !== null && listed !== undefined) faults.push(...glossaryFaults(glossary, listed));
    faults.push(...lessons.flatMap((lesson) => termFaults(lesson, glossary?.glossary ?? null)));
  }
  faults.push(...lessons.flatMap((lesson) => previewFaults(lesson, labs)));
  faults.push(...lessons.flatMap((lesson) => lessonFaults(lesson, labs)), ...labs.flatMap((lab) => labFaults(lab, lessons)));
  return sortFaults(faults);
}

/** Fails the build with every fault of the course; in dev, logs them at the start and after each change. */
export function courseContract(root: string): AstroIntegration {
  const course = resolve(root);
  return {
    name: 'slipway-course-contract',
    hooks: {
      'astro:build:start': () => {
        const faults = checkCourse(course);
        if (faults.length > 0) throw new Error(`The course in ${course} does not hold together:\n${faults.map(formatFault).join('\n')}`);
      },
      'astro:server:setup': ({ server, logger }) => {
        const report = () => {
          for (const fault of checkCourse(course)) logger.error(formatFault(fault));
        };
        const parts = [join(course, 'content'), join(course, 'labs')];
        server.watcher.add(parts);
        server.watcher.on('all', (_event, path) => {
          if (parts.some((part) => path.startsWith(part))) report();
        });
        report();
      },
    },
  };
}

function readCourse(root: string, faults: Fault[]) {
  const file = 'content/course.yaml';
  if (!existsSync(join(root, file))) {
    faults.push({ file, line: 1, message: 'there is no such file: it lists the lessons in their order' });
    return null;
  }
  const yaml = kept(readYaml(file, readFileSync(join(root, file), 'utf8')), faults);
  const course = yaml && kept(parseFile(CourseFile, yaml.value, file, yaml.lineOf), faults)?.value;
  return course ? { file, course, lineOf: yaml.lineOf } : null;
}

/** Null when the course has no glossary. */
function readGlossary(root: string, faults: Fault[]): GlossarySource | null | 'faulty' {
  const file = 'content/glossary.yaml';
  if (!existsSync(join(root, file))) return null;
  const yaml = kept(readYaml(file, readFileSync(join(root, file), 'utf8')), faults);
  const glossary = yaml && kept(parseFile(GlossaryFile, yaml.value, file, yaml.lineOf), faults)?.value;
  return glossary ? { file, glossary, lineOf: yaml.lineOf } : 'faulty';
}

function readLesson(root: string, id: string, faults: Fault[]): LessonSource {
  const file = `content/lessons/${id}.mdx`;
  const text = readFileSync(join(root, file), 'utf8');
  const front = frontmatterOf(text);
  if (front === null) {
    faults.push({ file, line: 1, message: 'begins with no frontmatter: `---`, then title, summary, minutes and lab, then `---`' });
    return { id, file, text, frontmatter: null, lineOf: () => 1 };
  }
  const yaml = kept(readYaml(file, front, 1), faults);
  const frontmatter = yaml && kept(parseFile(LessonFrontmatter, yaml.value ?? {}, file, yaml.lineOf), faults)?.value;
  return { id, file, text, frontmatter: frontmatter ?? null, lineOf: yaml?.lineOf ?? (() => 1) };
}

function readLab(root: string, id: string, faults: Fault[]): LabSource {
  const file = `labs/${id}/lab.yaml`;
  const yaml = kept(readYaml(file, readFileSync(join(root, file), 'utf8')), faults);
  if (yaml === null) return { id, file, lab: null, lineOf: () => 1 };
  const lab = kept(parseFile(LabFile, yaml.value, file, yaml.lineOf), faults)?.value ?? null;
  for (const [c, cluster] of (lab?.clusters ?? []).entries()) {
    for (const [s, name] of cluster.setup.entries()) {
      if (existsSync(join(root, 'labs', id, 'setup', name))) continue;
      faults.push({ file, line: yaml.lineOf(['clusters', c, 'setup', s]), message: `there is no labs/${id}/setup/${name}` });
    }
  }
  return { id, file, lab, lineOf: yaml.lineOf };
}

/** What could be read; its faults, where it could not, are added to the others. */
function kept<T extends { ok: true }>(read: T | { ok: false; faults: Fault[] }, faults: Fault[]): T | null {
  if (read.ok) return read;
  faults.push(...read.faults);
  return null;
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
