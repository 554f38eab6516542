/** A script of a lab: what is typed, and what must then be true. */
export interface Script {
  /** `solve.sh`, `right/NAME.sh` or `wrong/NAME.sh`. */
  name: string;
  /** `solve.sh` has one a task; the others have one, for no task in particular. */
  sections: readonly { task: string | null; line: number; text: string; answers: Readonly<Record<string, string>> }[];
  /** Tasks that must fail with this code among their findings. */
  fails: readonly { task: string; code: string }[];
  /** Tasks that the script does not touch: they fail, by whatever finding. */
  notDone: readonly string[];
}

/** A fault of a script, as `FILE:LINE: MESSAGE`. */
export class ScriptError extends Error {
  override name = 'ScriptError';
}

/** What a script may name: tasks, codes the lab has words for, and fields the learner fills in. */
export interface Known {
  tasks: readonly string[];
  codes: readonly string[];
  fields?: readonly string[];
}

/** Reads a script of a lab. Throws a `ScriptError` for an unknown task, code or field, or a header or section that is missing. */
export function parseScript(name: string, text: string, known: Known): Script {
  const lines = text.split('\n');
  const fault = (line: number, message: string) => new ScriptError(`${name}:${line}: ${message}`);
  const task = (id: string, line: number) => {
    if (!known.tasks.includes(id)) throw fault(line, `there is no task "${id}" in lab.yaml (it has ${known.tasks.join(', ')})`);
    return id;
  };

  const fails: { task: string; code: string }[] = [];
  const notDone: string[] = [];
  const answers: { line: number; field: string; text: string }[] = [];
  const marks: { task: string; line: number }[] = [];
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    const header = /^# (fails|not-done):\s*(.*)$/.exec(text);
    const answer = /^# answer:\s*(\S*)\s*(.*)$/.exec(text);
    const section = /^#:\s*(.*)$/.exec(text)?.[1];
    if (header?.[1] === 'fails') {
      const [id = '', code = '', ...rest] = (header[2] ?? '').split(/\s+/);
      if (code === '' || rest.length > 0) throw fault(line, 'write `# fails: TASK CODE`');
      if (!known.codes.includes(code)) throw fault(line, `the lab has no words for the code "${code}"`);
      fails.push({ task: task(id, line), code });
    } else if (header) {
      notDone.push(...(header[2] ?? '').split(/[\s,]+/).map((id) => task(id, line)));
    } else if (answer) {
      const [, field = '', typed = ''] = answer;
      if (typed === '') throw fault(line, 'write `# answer: FIELD TEXT`');
      if (!known.fields?.includes(field)) throw fault(line, `no task of lab.yaml asks for an answer "${field}"`);
      answers.push({ line, field, text: typed });
    } else if (section !== undefined) {
      const id = /^task (\S+)$/.exec(section)?.[1];
      if (id === undefined) throw fault(line, 'write `#: task ID`');
      if (marks.some((mark) => mark.task === id)) throw fault(line, `there is a section for ${id} already`);
      marks.push({ task: task(id, line), line });
    }
  }

  if (name.startsWith('wrong/') && fails.length === 0) throw fault(1, 'a wrong answer needs a header `# fails: TASK CODE`');
  if (!name.startsWith('wrong/') && fails.length + notDone.length > 0) throw fault(1, 'only wrong answers may fail a task');
  if (name !== 'solve.sh') {
    if (marks[0]) throw fault(marks[0].line, 'only solve.sh has sections');
    return { name, sections: [{ task: null, line: 1, text, answers: typedIn(answers, 1, lines.length + 1) }], fails, notDone };
  }
  const missing = known.tasks.filter((id) => !marks.some((mark) => mark.task === id));
  if (missing.length > 0) throw fault(lines.length, `there is no section for ${missing.join(', ')}`);
  const sections = marks.map((mark, index) => {
    const end = marks[index + 1]?.line ?? lines.length + 1;
    return { ...mark, text: lines.slice(mark.line, end - 1).join('\n'), answers: typedIn(answers, mark.line, end) };
  });
  return { name, sections, fails, notDone };
}

/** Answers that stand in these lines, by field. */
const typedIn = (answers: readonly { line: number; field: string; text: string }[], from: number, end: number) =>
  Object.fromEntries(answers.filter(({ line }) => line >= from && line < end).map(({ field, text }) => [field, text]));
