import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CourseLab } from './course.ts';
import { parseScript, ScriptError } from './prove/script.ts';

/** The reference answer of each task as a learner reads it, by task id. Empty when the lab has none, or one that its own test refuses. */
export function solutionsOf(lab: Pick<CourseLab, 'folder' | 'file'>): Readonly<Record<string, string>> {
  const path = join(lab.folder, 'solve.sh');
  if (!existsSync(path)) return {};
  const fields = lab.file.tasks.flatMap(({ answers }) => answers);
  const known = { tasks: lab.file.tasks.map(({ id }) => id), codes: [], fields: fields.map(({ id }) => id) };
  try {
    const { sections } = parseScript('solve.sh', readFileSync(path, 'utf8'), known);
    const said = (text: string) =>
      text.replaceAll(/^# answer:\s*(\S+)\s*(.*)$/gm, (_, field: string, answer: string) => {
        return `# In the field “${fields.find(({ id }) => id === field)?.label ?? field}”: ${answer}`;
      });
    return Object.fromEntries(sections.flatMap(({ task, text }) => (task === null ? [] : [[task, said(text).trim()]])));
  } catch (error) {
    if (error instanceof ScriptError) return {};
    throw error;
  }
}
