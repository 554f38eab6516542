import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { readLabFiles } from '#runtime/prove/proof-file.ts';
import { CommandFailure } from '../failure.ts';
import { settingsFor } from '../settings.ts';
import { labIds } from '../test/proof-hashes.ts';
import { asTheUserWould } from '../umask.ts';
import type { LabRun } from './index.ts';
import { schemaPath } from './schema.ts';

/** `lab new`: a lab that is complete and passes its own proof, with the lesson that explains it. */
export const run: LabRun = async ([name = ''], args, context) => {
  const { root } = context;
  const { course } = settingsFor(args, context);
  const id = asTheUserWould(() => newLab({ root, course, name }));
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`Made labs/${id}/ and content/lessons/${id}.mdx, and listed the lesson in content/course.yaml.`);
  say('');
  say('It is a small lab that works. Make it yours:');
  say(`  ./slipway lab run ${id}      one lab for you; saving grade.ts, words.ts or lab.yaml judges again`);
  say('  ./slipway dev             the lesson, reloaded on every change');
  say(`  ./slipway lab test ${id}     proves it: every right answer passes, every wrong one fails as it says`);
  say(`  ./slipway lab mutate ${id}   what its graders do not notice`);
  say('docs/authoring.md explains all of it on one page.');
  return 0;
};

/** Writes the lab and its lesson into a course and answers its id. Throws for a name that is none or taken. */
export function newLab({ root, course, name }: { root: string; course: string; name: string }): string {
  if (!/^(\d\d-)?[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    throw new CommandFailure(`"${name}" cannot be a lab's name`, {
      advice: 'Use lower-case letters, digits and single dashes, with or without a number in front: 11-quotas, or quotas.',
      exitCode: 2,
    });
  }
  const id = /^\d\d-/.test(name) ? name : `${nextNumber(course)}-${name}`;
  const folder = join(course, 'labs', id);
  const lesson = join(course, 'content', 'lessons', `${id}.mdx`);
  for (const path of [folder, lesson]) {
    if (existsSync(path))
      throw new CommandFailure(`${relative(course, path)} is there already`, { advice: 'Choose another name.', exitCode: 2 });
  }
  const words = id.slice(3).replaceAll('-', ' ');
  const title = listed(course, id) ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  const schema = relative(folder, schemaPath(root));
  const filled = (text: string) => text.replaceAll('SCHEMA', schema).replaceAll('TITLE', JSON.stringify(title)).replaceAll('ID', id);
  for (const [path, bytes] of Object.entries(readLabFiles(join(import.meta.dirname, 'template')))) {
    const text = Buffer.from(bytes).toString();
    if (path === 'lesson.mdx') write(lesson, filled(text));
    else write(join(folder, path), path === 'lab.yaml' ? filled(text) : text);
  }
  list(course, id, title);
  return id;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The number after the highest that a lab or lesson has. */
function nextNumber(course: string): string {
  const lessons = existsSync(join(course, 'content', 'lessons')) ? readdirSync(join(course, 'content', 'lessons')) : [];
  const taken = [...labIds(course), ...lessons, ...entries(course).map(({ id }) => id)].map((id) => Number.parseInt(id, 10) || 0);
  return String(Math.max(0, ...taken) + 1).padStart(2, '0');
}

const courseFile = (course: string) => join(course, 'content', 'course.yaml');

function courseText(course: string): string {
  if (existsSync(courseFile(course))) return readFileSync(courseFile(course), 'utf8');
  const advice = 'A course begins with that file: title, summary, and lessons: [].';
  throw new CommandFailure(`there is no ${courseFile(course)}`, { advice });
}

function entries(course: string): { id: string; title: string }[] {
  const lessons = parseDocument(courseText(course)).get('lessons');
  return isSeq(lessons)
    ? lessons.items.flatMap((item) => (isMap(item) ? [{ id: String(item.get('id')), title: String(item.get('title')) }] : []))
    : [];
}

/** The title a planned lesson has in the course; null when the course does not list it. */
const listed = (course: string, id: string) => entries(course).find((entry) => entry.id === id)?.title ?? null;

/** Lists the lesson last, or makes a planned one one that can be read. Leaves the rest of the file as it is written. */
function list(course: string, id: string, title: string): void {
  const text = courseText(course);
  const document = parseDocument(text);
  const lessons = document.get('lessons');
  if (!isSeq(lessons)) throw new CommandFailure('content/course.yaml lists no lessons');
  const known = lessons.items.find((item) => isMap(item) && item.get('id') === id);
  const planned = isMap(known) ? known.items.find(({ key }) => isScalar(key) && key.value === 'planned') : undefined;
  if (isScalar(planned?.key)) write(courseFile(course), withoutLine(text, planned.key.range?.[0] ?? text.length));
  else if (known === undefined && lessons.flow) {
    lessons.flow = false;
    lessons.add(document.createNode({ id, title }));
    write(courseFile(course), document.toString({ lineWidth: 0 }));
  } else if (known === undefined) {
    const end = text.slice(0, lessons.range?.[1]).trimEnd().length;
    write(courseFile(course), `${text.slice(0, end)}\n  - id: ${id}\n    title: ${JSON.stringify(title)}${text.slice(end)}`);
  }
}

/** A text without the line that holds an offset. */
function withoutLine(text: string, offset: number): string {
  const next = text.indexOf('\n', offset);
  return text.slice(0, text.lastIndexOf('\n', offset) + 1) + (next < 0 ? '' : text.slice(next + 1));
}
