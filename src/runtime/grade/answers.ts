import { z } from 'zod';
import { answerName } from '#grading/grader.ts';
import type { SessionJournal } from '#store/port.ts';
import { Problem } from '../problem.ts';

/** A task of `lab.yaml` with the fields its learner fills in. */
export interface AskedTask {
  id: string;
  answers: readonly { id: string }[];
}

/** What the learner typed, by field. The fields of all tasks of a lab have names of their own. */
export type Answers = Readonly<Record<string, string>>;

type Session = { id: string; epoch: number };

/** So many different texts of one field are kept until the lab is reset. */
const mostTexts = 500;

const latest = async (journal: Pick<SessionJournal, 'latest'>, { id, epoch }: Session, name: string) =>
  z
    .string()
    .nullable()
    .parse((await journal.latest(id, epoch, name))?.value ?? null);

/** Reads what the learner last handed in for a field, for `observer({ answer })`; null before that. */
export function answerOf(
  journal: Pick<SessionJournal, 'latest'>,
  session: Session,
  tasks: readonly AskedTask[],
): (field: string) => Promise<string | null> {
  return async (field) => {
    const task = tasks.find(({ answers }) => answers.some(({ id }) => id === field));
    return task === undefined ? null : await latest(journal, session, answerName(task.id, field));
  };
}

/**
 * Keeps answers in the journal, each time one is another than before: all of them or, when it throws a `Problem`, none. It refuses
 * a field that these tasks do not ask for, and one that was changed too often. Hand in the answers of one session in turn.
 */
export async function handIn(journal: SessionJournal, session: Session, tasks: readonly AskedTask[], answers: Answers): Promise<void> {
  const named = Object.entries(answers).map(([field, text]) => {
    const task = tasks.find(({ answers: asked }) => asked.some(({ id }) => id === field));
    if (task === undefined) {
      const message = `answers.${field}: ${tasks.length === 1 ? 'this task' : 'this lab'} asks for no answer "${field}".`;
      throw new Problem(400, 'no-such-answer', message, { field: `answers.${field}` });
    }
    return { field, name: answerName(task.id, field), text };
  });
  const changed: typeof named = [];
  for (const answer of named) {
    if ((await latest(journal, session, answer.name)) === answer.text) continue;
    if ((await journal.list(session.id, session.epoch, [answer.name])).length >= mostTexts) throw tooMany(answer.field);
    changed.push(answer);
  }
  for (const { name, text } of changed) {
    await journal.append(session.id, session.epoch, { at: new Date().toISOString(), witness: name, kind: 'seen', value: text });
  }
}

const tooMany = (field: string) =>
  new Problem(429, 'too-many-answers', `answers.${field}: "${field}" was changed ${mostTexts} times, which is as often as is kept.`, {
    field: `answers.${field}`,
    advice: 'Check with what you handed in last, or begin the lab again: what you type then is kept anew.',
  });
