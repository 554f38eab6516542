import { z } from 'zod';
import { answerName } from '#grading/grader.ts';
import type { JournalStore } from '#store/port.ts';
import { Problem } from '../problem.ts';

/** A task of `lab.yaml` with the fields its learner fills in. */
export interface AskedTask {
  id: string;
  answers: readonly { id: string }[];
}

/** What the learner typed, by field. The fields of all tasks of a lab have names of their own. */
export type Answers = Readonly<Record<string, string>>;

type Session = { id: string; epoch: number };

const latest = async (journal: JournalStore, { id, epoch }: Session, name: string) => {
  const entries = await journal.list(id, epoch, [name]);
  return z
    .string()
    .nullable()
    .parse(entries.at(-1)?.value ?? null);
};

/** Reads what the learner last handed in for a field, for `observer({ answer })`; null before that. */
export function answerOf(journal: JournalStore, session: Session, tasks: readonly AskedTask[]): (field: string) => Promise<string | null> {
  return async (field) => {
    const task = tasks.find(({ answers }) => answers.some(({ id }) => id === field));
    return task === undefined ? null : await latest(journal, session, answerName(task.id, field));
  };
}

/** Keeps answers in the journal, each time one is another than before. Refuses a field that these tasks do not ask for. */
export async function handIn(journal: JournalStore, session: Session, tasks: readonly AskedTask[], answers: Answers): Promise<void> {
  const named = Object.entries(answers).map(([field, text]) => {
    const task = tasks.find(({ answers: asked }) => asked.some(({ id }) => id === field));
    if (task === undefined) {
      const message = `answers.${field}: ${tasks.length === 1 ? 'this task' : 'this lab'} asks for no answer "${field}".`;
      throw new Problem(400, 'no-such-answer', message, { field: `answers.${field}` });
    }
    return { name: answerName(task.id, field), text };
  });
  for (const { name, text } of named) {
    if ((await latest(journal, session, name)) === text) continue;
    await journal.append(session.id, session.epoch, { at: new Date().toISOString(), witness: name, kind: 'seen', value: text });
  }
}
