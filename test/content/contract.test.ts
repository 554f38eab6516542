import { expect, test } from 'vitest';
import { checkCourse } from '#cli/check-course.ts';
import { formatFault } from '#course/fault.ts';
import { loadCourse } from '#runtime/course.ts';
import { changed, courseFolder, sound } from './course-folder.ts';

const course = 'content/course.yaml';
const lesson = 'content/lessons/01-first.mdx';
const lab = 'labs/01-first/lab.yaml';
const faults = (changes: Readonly<Record<string, string | null>>) => checkCourse(courseFolder(changes)).map(formatFault);
const lessonText = sound[lesson] ?? '';

test('a course that holds together has no faults', () => {
  expect(faults({})).toEqual([]);
});

test('files with Windows line endings are read alike', () => {
  const crlf = Object.fromEntries(Object.entries(sound).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]));
  expect(faults(crlf)).toEqual([]);
});

const cases: [string, Record<string, string | null>, string[]][] = [
  [
    'a lesson names a lab that does not exist',
    { ...changed(lesson, 'lab: 01-first', 'lab: 01-frist') },
    [
      `${lesson}:5: \`lab\`: there is no lab \`01-frist\` (labs/01-frist/lab.yaml)`,
      `${lab}:1: no lesson opens this lab: name it in a lesson's frontmatter, \`lab: 01-first\``,
    ],
  ],
  [
    'a lesson asks a task the lab lacks, and leaves one of the lab unexplained',
    changed(lesson, 'id="two"', 'id="tow"'),
    [
      `${lesson}:14: lab \`01-first\` has no task \`tow\` (it has: one, two)`,
      `${lab}:13: no lesson explains task \`two\`: put <Task id="two" /> into ${lesson}`,
    ],
  ],
  [
    'a task is explained only in a code fence',
    changed(lesson, '<Task id="two" />', '```mdx\n<Task id="two" />\n```'),
    [`${lab}:13: no lesson explains task \`two\`: put <Task id="two" /> into ${lesson}`],
  ],
  [
    'a task is asked twice',
    changed(lesson, 'Then this.', 'Then <Task id="one" /> this.'),
    [`${lesson}:12: task \`one\` was already asked in line 10`],
  ],
  [
    'a task without an id in plain text',
    changed(lesson, 'Then this.', '<Task id={which} />'),
    [`${lesson}:12: write the task as <Task id="…" />, with its id as plain text`],
  ],
  [
    'a lesson with tasks names no lab',
    { ...changed(lesson, 'lab: 01-first\n', ''), [lab]: null },
    [
      `${lesson}:9: task \`one\` needs a lab: name one in the frontmatter, \`lab: NN-name\``,
      `${lesson}:13: task \`two\` needs a lab: name one in the frontmatter, \`lab: NN-name\``,
    ],
  ],
  [
    'a lesson shows a preview the lab lacks, and one without a label in plain text',
    changed(lesson, 'Then this.', '<Preview label="wbe" /> and <Preview label={which} />'),
    [
      `${lesson}:12: lab \`01-first\` has no preview \`wbe\` (it has: none)`,
      `${lesson}:12: write the preview as <Preview label="…" />, with its label as plain text`,
    ],
  ],
  [
    'a lesson shows one preview the lab has, and one that it has not',
    {
      ...changed(lab, 'tasks:', 'previews:\n  - { id: web, title: Open it, host: control-plane, port: 30080 }\ntasks:'),
      ...changed(lesson, 'Then this.', '<Preview label="web" />\n\n<Preview label="api" />'),
    },
    [`${lesson}:14: lab \`01-first\` has no preview \`api\` (it has: web)`],
  ],
  ['an unknown key in the frontmatter', changed(lesson, 'minutes: 10', 'minutes: 10\nlevle: easy'), [`${lesson}:5: unknown key \`levle\``]],
  [
    'a faulty frontmatter, without faults that only follow from it',
    changed(lesson, 'minutes: 10', 'minutes: soon'),
    [`${lesson}:4: \`minutes\`: must be a number`],
  ],
  [
    'no frontmatter at all',
    { [lesson]: lessonText.replace(/^---[\s\S]*?---\n/, '') },
    [`${lesson}:1: begins with no frontmatter: \`---\`, then title, summary, minutes and lab, then \`---\``],
  ],
  [
    'frontmatter that is not YAML',
    changed(lesson, 'minutes: 10', 'minutes: [10'),
    [expect.stringMatching(new RegExp(`^${lesson}:5: is not YAML here: `))],
  ],
  [
    'the course lists a lesson that is not there',
    changed(course, '    planned: true\n', ''),
    [`${course}:6: there is no content/lessons/02-second.mdx: write it, or mark the lesson \`planned: true\``],
  ],
  [
    'a planned lesson that can be read',
    { 'content/lessons/02-second.mdx': '---\ntitle: The second lesson\nsummary: It came sooner.\nminutes: 5\n---\n\nRead.\n' },
    [`${course}:8: content/lessons/02-second.mdx is there: a lesson that can be read is not \`planned\``],
  ],
  [
    'a lesson the course does not list',
    { 'content/lessons/03-third.mdx': '---\ntitle: The third lesson\nsummary: Nobody knows it.\nminutes: 5\n---\n\nRead.\n' },
    ['content/lessons/03-third.mdx:1: content/course.yaml does not list this lesson: add `- id: 03-third` where it belongs'],
  ],
  [
    'a lesson listed twice',
    changed(course, '  - id: 02-second', '  - id: 01-first\n    title: The first lesson\n  - id: 02-second'),
    [`${course}:6: lesson \`01-first\` is listed twice`],
  ],
  [
    'two titles for one lesson',
    changed(lesson, 'title: The first lesson', 'title: A first lesson'),
    [`${course}:5: ${lesson} is titled "A first lesson", the course says "The first lesson"`],
  ],
  ['an unknown key in course.yaml', changed(course, 'lessons:', 'autor: me\nlessons:'), [`${course}:3: unknown key \`autor\``]],
  ['an empty course.yaml', { [course]: '' }, [`${course}:1: must be a set of keys and values`]],
  ['an empty lab.yaml', { [lab]: '# to do\n' }, [`${lab}:1: must be a set of keys and values`]],
  [
    'an empty frontmatter',
    { [lesson]: '---\n---\n' },
    ['minutes', 'summary', 'title'].map((key) => expect.stringContaining(`${lesson}:2: \`${key}\`: is missing`)),
  ],
  ['no course.yaml', { [course]: null }, [`${course}:1: there is no such file: it lists the lessons in their order`]],
  [
    'a faulty lab, in the line of the key, without faults that only follow from it',
    changed(lab, 'points: 2', 'points: 200'),
    [`${lab}:15: \`tasks[1].points\`: must be 10 or less`],
  ],
  [
    'a term the glossary does not have, and a faulty glossary',
    {
      ...changed(lesson, 'Read this.', 'Read <Term id="quay">this</Term>.'),
      'content/glossary.yaml': 'terms:\n  - term: Harbour\n    definition: A place where ships are safe.\n    lessons: [07-none]\n',
    },
    [
      `content/glossary.yaml:4: the course lists no lesson \`07-none\``,
      `${lesson}:8: term \`quay\`: content/glossary.yaml has no such term`,
    ],
  ],
  ['two tasks of one id', changed(lab, 'id: two', 'id: one'), [`${lab}:8: \`tasks\`: two tasks have the same id`]],
  [
    'a setup file that is not there',
    { 'labs/01-first/setup/stands.yaml': null },
    [`${lab}:7: there is no labs/01-first/setup/stands.yaml`],
  ],
];

test.each(cases)('found: %s', (_name, changes, expected) => {
  expect(faults(changes)).toEqual(expected);
});

test('a fault is worded alike by the check and by the server that meets it', () => {
  for (const changes of [changed(lab, 'points: 2', 'points: 200'), changed(lab, 'minutes: 10', 'minutes: [10'), { [course]: '' }]) {
    const root = courseFolder(changes);
    const [fault] = checkCourse(root).map(formatFault);
    expect(() => loadCourse(root)).toThrow(fault);
  }
});
