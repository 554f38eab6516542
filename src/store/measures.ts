import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { MeasureStore } from './port.ts';
import { parseRows } from './row.ts';

const MeasureRow = z.object({ kind: z.string(), number: z.int(), value: z.number() });
const kept = 50;

/** What was measured of labs on this host. */
export function measureStore(executor: Executor): MeasureStore {
  return {
    async note(lab, kind, value) {
      await executor.write(async (tx) => {
        const newest = await tx
          .selectFrom('measure')
          .select((of) => of.fn.max('number').as('number'))
          .where('lab', '=', lab)
          .where('kind', '=', kind)
          .executeTakeFirst();
        const number = Number(newest?.number ?? 0) + 1;
        await tx.insertInto('measure').values({ lab, kind, number, value }).execute();
        await tx
          .deleteFrom('measure')
          .where('lab', '=', lab)
          .where('kind', '=', kind)
          .where('number', '<=', number - kept)
          .execute();
      });
    },

    of: (lab) =>
      executor.read(async (db) => {
        const rows = await db.selectFrom('measure').select(['kind', 'number', 'value']).where('lab', '=', lab).orderBy('number').execute();
        const kinds = Object.groupBy(parseRows('measure', MeasureRow, rows), ({ kind }) => kind);
        return Object.fromEntries(
          Object.entries(kinds).map(([kind, measures = []]) => [kind, summary(measures.map(({ value }) => value))]),
        );
      }),
  };
}

function summary(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: values.length, last: values.at(-1) ?? 0, p50: at(0.5), p90: at(0.9), max: at(1) };
}
