import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GradedTask } from '#grading/grader.ts';
import type { CourseLab } from '../course.ts';
import { readLabFiles } from './proof-file.ts';
import { parseScript, type Script, ScriptError } from './script.ts';

/** Faults of a lab's answers, a line each, as `labs/ID/FILE:LINE: MESSAGE`. */
export class AnswersError extends Error {
  override name = 'AnswersError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** The reference answer, then the right and the wrong ones of a lab. Throws an `AnswersError` with the faults of all of them. */
export function readAnswers(lab: CourseLab, tasks: readonly GradedTask[]): readonly Script[] {
  const fields = lab.file.tasks.flatMap(({ answers }) => answers.map(({ id }) => id));
  const known = { tasks: tasks.map(({ id }) => id), codes: tasks.flatMap(({ words }) => Object.keys(words)), fields };
  const names = Object.keys(readLabFiles(lab.folder));
  const below = (folder: string) => names.filter((name) => name.startsWith(`${folder}/`) && name.endsWith('.sh')).sort();
  const faults: string[] = [];
  const fault = (text: string) => faults.push(`labs/${lab.id}/${text}`);
  if (!names.includes('solve.sh')) fault('solve.sh:1: there is no such file: a lab needs a reference answer');
  for (const folder of ['right', 'wrong']) {
    if (below(folder).length === 0) fault(`${folder}/: there is no ${folder}/*.sh: a proof needs at least one`);
  }
  const scripts = ['solve.sh', ...below('right'), ...below('wrong')].flatMap((name) => {
    if (!names.includes(name)) return [];
    try {
      return [parseScript(name, readFileSync(join(lab.folder, name), 'utf8'), known)];
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      fault(error.message);
      return [];
    }
  });
  if (faults.length > 0) throw new AnswersError(faults);
  return scripts;
}

/** The reference answer, one right and one wrong answer; `choice` says which. */
export function oneOfEach(scripts: readonly Script[], choice: number): readonly Script[] {
  return ['solve.sh', 'right/', 'wrong/'].flatMap((kind) => {
    const own = scripts.filter(({ name }) => name.startsWith(kind));
    return own.slice(choice % Math.max(own.length, 1)).slice(0, 1);
  });
}
