import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { HelpStore } from './port.ts';
import { isoTime, parseRows } from './row.ts';

const HelpRow = z.object({
  person: z.string(),
  lab: z.string(),
  task: z.string(),
  kind: z.enum(['hint', 'asked', 'solution']),
  number: z.int(),
  at: z.string(),
  session: z.string().nullable(),
});

/** Hints and solutions that people opened. */
export function helpStore(executor: Executor, now: () => Date): HelpStore {
  return {
    take: (help) =>
      executor.write(async (tx) => {
        await tx
          .insertInto('help')
          .values({ ...help, at: isoTime(now()) })
          .onConflict((conflict) => conflict.columns(['person', 'lab', 'task', 'kind', 'number']).doNothing())
          .execute();
      }),

    list: ({ person, lab, task }) =>
      executor.read(async (db) => {
        let query = db.selectFrom('help').selectAll();
        if (person !== undefined) query = query.where('person', '=', person);
        if (lab !== undefined) query = query.where('lab', '=', lab);
        if (task !== undefined) query = query.where('task', '=', task);
        return parseRows('help', HelpRow, await query.orderBy('at').orderBy('kind').orderBy('number').execute());
      }),
  };
}
