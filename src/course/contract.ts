import type { LabFile } from '#lab/lab-file.ts';
import type { CourseFile, LessonFrontmatter } from './course-file.ts';
import type { Fault, LineOf } from './fault.ts';
import { marksOf } from './marks.ts';

/** A lesson. `text` is the whole file, so that lines are the file's own. */
export interface LessonSource {
  id: string;
  file: string;
  text: string;
  /** Null when it is faulty itself: nothing more is held against it. */
  frontmatter: LessonFrontmatter | null;
  lineOf: LineOf;
}

/** A lab folder's `lab.yaml`. */
export interface LabSource {
  id: string;
  file: string;
  /** Null when it is faulty itself: nothing more is held against it. */
  lab: LabFile | null;
  lineOf: LineOf;
}

/** What a lesson promises of its lab: it is there, and each `<Task>` is one of its tasks, asked once. */
export function lessonFaults(lesson: LessonSource, labs: readonly LabSource[]): Fault[] {
  const fault = (line: number, message: string): Fault => ({ file: lesson.file, line, message });
  const name = lesson.frontmatter?.lab;
  const lab = labs.find((each) => each.id === name);
  if (name !== undefined && lab === undefined) {
    return [fault(lesson.lineOf(['lab']), `\`lab\`: there is no lab \`${name}\` (labs/${name}/lab.yaml)`)];
  }
  const firstAt = new Map<string, number>();
  return marksOf(lesson.text, 'Task').flatMap(({ id, line }) => {
    if (id === null) return [fault(line, 'write the task as <Task id="…" />, with its id as plain text')];
    const before = firstAt.get(id);
    if (before !== undefined) return [fault(line, `task \`${id}\` was already asked in line ${before}`)];
    firstAt.set(id, line);
    if (lesson.frontmatter === null || lab?.lab === null) return [];
    if (lab === undefined) return [fault(line, `task \`${id}\` needs a lab: name one in the frontmatter, \`lab: NN-name\``)];
    const known = lab.lab.tasks.map((task) => task.id);
    return known.includes(id) ? [] : [fault(line, `lab \`${lab.id}\` has no task \`${id}\` (it has: ${known.join(', ')})`)];
  });
}

/** Each `<Preview>` of a lesson is one of its lab's. */
export function previewFaults(lesson: LessonSource, labs: readonly LabSource[]): Fault[] {
  const fault = (line: number, message: string): Fault => ({ file: lesson.file, line, message });
  const name = lesson.frontmatter?.lab;
  const lab = labs.find((each) => each.id === name);
  return marksOf(lesson.text, 'Preview', 'label').flatMap(({ id, line }) => {
    if (id === null) return [fault(line, 'write the preview as <Preview label="…" />, with its label as plain text')];
    if (lesson.frontmatter === null || lab?.lab === null) return [];
    if (name === undefined) return [fault(line, `preview \`${id}\` needs a lab: name one in the frontmatter, \`lab: NN-name\``)];
    // That there is no such lab is told already.
    if (lab === undefined) return [];
    const known = lab.lab.previews.map((preview) => preview.id);
    if (known.includes(id)) return [];
    return [fault(line, `lab \`${lab.id}\` has no preview \`${id}\` (it has: ${known.join(', ') || 'none'})`)];
  });
}

/** What a lab needs of the lessons: one that opens it, and an explanation of every task. */
export function labFaults(lab: LabSource, lessons: readonly LessonSource[]): Fault[] {
  if (lab.lab === null || lessons.some((lesson) => lesson.frontmatter === null)) return [];
  const opening = lessons.filter((lesson) => lesson.frontmatter?.lab === lab.id);
  if (opening.length === 0) {
    return [{ file: lab.file, line: 1, message: `no lesson opens this lab: name it in a lesson's frontmatter, \`lab: ${lab.id}\`` }];
  }
  const explained = new Set(opening.flatMap((lesson) => marksOf(lesson.text, 'Task')).map((mark) => mark.id));
  const where = opening.map((lesson) => lesson.file).join(' or ');
  return lab.lab.tasks.flatMap((task, index) => {
    if (explained.has(task.id)) return [];
    const message = `no lesson explains task \`${task.id}\`: put <Task id="${task.id}" /> into ${where}`;
    return [{ file: lab.file, line: lab.lineOf(['tasks', index, 'id']), message }];
  });
}

/** What `course.yaml` says of its lessons, held against the files there are. */
export function orderFaults(course: { file: string; course: CourseFile; lineOf: LineOf }, lessons: readonly LessonSource[]): Fault[] {
  const entries = course.course.lessons;
  const fault = (index: number, key: string, message: string): Fault => ({
    file: course.file,
    line: course.lineOf(['lessons', index, key]),
    message,
  });
  const faults = entries.flatMap((entry, index) => {
    const file = `content/lessons/${entry.id}.mdx`;
    const lesson = lessons.find((each) => each.id === entry.id);
    const found: Fault[] = [];
    if (entries.findIndex((each) => each.id === entry.id) < index) found.push(fault(index, 'id', `lesson \`${entry.id}\` is listed twice`));
    if (lesson === undefined) {
      if (!entry.planned) found.push(fault(index, 'id', `there is no ${file}: write it, or mark the lesson \`planned: true\``));
    } else if (entry.planned) {
      found.push(fault(index, 'planned', `${file} is there: a lesson that can be read is not \`planned\``));
    } else if (lesson.frontmatter !== null && lesson.frontmatter.title !== entry.title) {
      found.push(fault(index, 'title', `${file} is titled "${lesson.frontmatter.title}", the course says "${entry.title}"`));
    }
    return found;
  });
  const listed = new Set(entries.map((entry) => entry.id));
  for (const lesson of lessons) {
    if (listed.has(lesson.id)) continue;
    faults.push({
      file: lesson.file,
      line: 1,
      message: `${course.file} does not list this lesson: add \`- id: ${lesson.id}\` where it belongs`,
    });
  }
  return faults;
}
