import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AstroIntegration } from 'astro';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type LabSource, type LessonSource, labFaults, lessonFaults, orderFaults } from '#course/contract.ts';
import { CourseFile, frontmatterOf, LessonFrontmatter } from '#course/course-file.ts';
import { type Fault, formatFault, type LineOf, sortFaults } from '#course/fault.ts';
import { parseFile } from '#course/parse.ts';
import { LabFile } from '#lab/lab-file.ts';

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
  const yaml = readYaml(file, readFileSync(join(root, file), 'utf8'), 0, faults);
  const course = yaml && kept(parseFile(CourseFile, yaml.value, file, yaml.lineOf), faults);
  return course ? { file, course, lineOf: yaml.lineOf } : null;
}

function readLesson(root: string, id: string, faults: Fault[]): LessonSource {
  const file = `content/lessons/${id}.mdx`;
  const text = readFileSync(join(root, file), 'utf8');
  const front = frontmatterOf(text);
  if (front === null) {
    faults.push({ file, line: 1, message: 'begins with no frontmatter: `---`, then title, summary, minutes and lab, then `---`' });
    return { id, file, text, frontmatter: null, lineOf: () => 1 };
  }
  const yaml = readYaml(file, front, 1, faults);
  const frontmatter = yaml && kept(parseFile(LessonFrontmatter, yaml.value ?? {}, file, yaml.lineOf), faults);
  return { id, file, text, frontmatter, lineOf: yaml?.lineOf ?? (() => 1) };
}

function readLab(root: string, id: string, faults: Fault[]): LabSource {
  const file = `labs/${id}/lab.yaml`;
  const yaml = readYaml(file, readFileSync(join(root, file), 'utf8'), 0, faults);
  if (yaml === null) return { id, file, lab: null, lineOf: () => 1 };
  const lab = kept(parseFile(LabFile, yaml.value, file, yaml.lineOf), faults);
  for (const [c, cluster] of (lab?.clusters ?? []).entries()) {
    for (const [s, name] of cluster.setup.entries()) {
      if (existsSync(join(root, 'labs', id, 'setup', name))) continue;
      faults.push({ file, line: yaml.lineOf(['clusters', c, 'setup', s]), message: `there is no labs/${id}/setup/${name}` });
    }
  }
  return { id, file, lab, lineOf: yaml.lineOf };
}

/** Parses YAML that begins after `skipped` lines of `file`, with a way back from keys to lines; null when it is not YAML. */
function readYaml(file: string, text: string, skipped: number, faults: Fault[]): { value: unknown; lineOf: LineOf } | null {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const line = (offset: number) => counter.linePos(offset).line + skipped;
  if (document.errors.length > 0) {
    faults.push(...document.errors.map((error) => ({ file, line: line(error.pos[0]), message: `is not YAML here: ${error.message}` })));
    return null;
  }
  const lineOf: LineOf = (path) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const part of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
        if (pair === undefined || !isScalar(pair.key)) break;
        offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof part === 'number') {
        const item = node.items[part];
        if (!isMap(item) && !isSeq(item) && !isScalar(item)) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else break;
    }
    return line(offset);
  };
  return { value: document.toJS() as unknown, lineOf };
}

function kept<T>(parsed: { ok: true; value: T } | { ok: false; faults: Fault[] }, faults: Fault[]): T | null {
  if (parsed.ok) return parsed.value;
  faults.push(...parsed.faults);
  return null;
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
