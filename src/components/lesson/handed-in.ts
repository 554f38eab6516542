import { z } from 'zod';
import { answerName } from '#grading/grader.ts';
import type { LabFile } from '#lab/lab-file.ts';
import type { JournalStore, LabSession } from '#store/port.ts';

const Text = z.string();

/** What the learner handed in last, by task and field; fields that were never handed in are left out. */
export async function handedIn(
  journal: Pick<JournalStore, 'list'>,
  session: Pick<LabSession, 'id' | 'epoch'>,
  tasks: LabFile['tasks'],
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const fields = tasks.flatMap((task) =>
    task.answers.map((field) => ({ task: task.id, field: field.id, name: answerName(task.id, field.id) })),
  );
  if (fields.length === 0) return {};
  const entries = await journal.list(
    session.id,
    session.epoch,
    fields.map(({ name }) => name),
  );
  const found: Record<string, Record<string, string>> = {};
  for (const { task, field, name } of fields) {
    const text = Text.safeParse(entries.findLast((entry) => entry.witness === name)?.value);
    if (text.success) found[task] = { ...found[task], [field]: text.data };
  }
  return found;
}
