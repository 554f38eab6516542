import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { DeskStore } from './port.ts';
import { anyJson, isoTime, parseRows } from './row.ts';

const DeskRow = z.object({ name: z.string(), value: anyJson });
const mostNames = 500;

/** What people left open, by name. */
export function deskStore(executor: Executor, now: () => Date): DeskStore {
  return {
    put: (person, name, value) =>
      executor.write(async (tx) => {
        const row = { value: JSON.stringify(value), at: isoTime(now()) };
        await tx
          .insertInto('desk')
          .values({ person, name, ...row })
          .onConflict((conflict) => conflict.columns(['person', 'name']).doUpdateSet(row))
          .execute();
        const old = await tx
          .selectFrom('desk')
          .select('name')
          .where('person', '=', person)
          .orderBy('at', 'desc')
          .orderBy('name')
          .offset(mostNames)
          .limit(100)
          .execute();
        if (old.length === 0) return;
        const names = old.map((each) => each.name);
        await tx.deleteFrom('desk').where('person', '=', person).where('name', 'in', names).execute();
      }),

    async get(person, names) {
      if (names.length === 0) return {};
      const rows = await executor.read((db) =>
        db.selectFrom('desk').select(['name', 'value']).where('person', '=', person).where('name', 'in', names).execute(),
      );
      return Object.fromEntries(parseRows('desk', DeskRow, rows).map(({ name, value }) => [name, value]));
    },
  };
}
