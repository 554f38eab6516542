import { z } from 'zod';
import type { Executor } from './executor.ts';
import type { PhaseStore } from './port.ts';
import { isoTime, parseRows } from './row.ts';

const PhaseRow = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  startedAt: z.string().nullable(),
  milliseconds: z.int().nullable(),
  detail: z.string().nullable(),
});

const runsRemembered = 50;

/** The steps of each start, as shown to the learner, and how long they take. */
export function phaseStore(executor: Executor, now: () => Date): PhaseStore {
  const change = async (session: string, epoch: number, id: string, set: Partial<z.infer<typeof PhaseRow>>) => {
    await executor.write((tx) =>
      tx.updateTable('phase').set(set).where('session', '=', session).where('epoch', '=', epoch).where('id', '=', id).execute(),
    );
  };
  return {
    async plan(session, epoch, phases) {
      await executor.write(async (tx) => {
        await tx.deleteFrom('phase').where('session', '=', session).where('epoch', '=', epoch).execute();
        if (phases.length === 0) return;
        const fresh = { session, epoch, state: 'waiting', startedAt: null, milliseconds: null, detail: null };
        await tx
          .insertInto('phase')
          .values(phases.map(({ id, title }, position) => ({ ...fresh, id, title, position })))
          .execute();
      });
    },

    begin: (session, epoch, id) =>
      change(session, epoch, id, { state: 'running', startedAt: isoTime(now()), milliseconds: null, detail: null }),
    detail: (session, epoch, id, detail) => change(session, epoch, id, { detail }),
    end: (session, epoch, id, milliseconds) => change(session, epoch, id, { state: 'done', milliseconds: Math.round(milliseconds) }),

    async fail(session, epoch, id, detail) {
      await executor.write(async (tx) => {
        const ofThis = tx.updateTable('phase').where('session', '=', session).where('epoch', '=', epoch);
        await ofThis.set({ state: 'waiting' }).where('state', '=', 'running').where('id', '<>', id).execute();
        await ofThis.set({ state: 'failed', detail }).where('id', '=', id).execute();
      });
    },

    list: (session, epoch) =>
      executor.read(async (db) =>
        parseRows(
          'phase',
          PhaseRow,
          await db
            .selectFrom('phase')
            .select(['id', 'title', 'state', 'startedAt', 'milliseconds', 'detail'])
            .where('session', '=', session)
            .where('epoch', '=', epoch)
            .orderBy('position')
            .execute(),
        ),
      ),

    estimates: (lab) =>
      executor.read(async (db) => {
        const newest = db
          .selectFrom('phase')
          .innerJoin('labSession', 'labSession.id', 'phase.session')
          .select(['phase.id', 'phase.milliseconds'])
          .select((of) =>
            of.fn
              .agg<number>('row_number')
              .over((over) => over.partitionBy('phase.id').orderBy('phase.startedAt', 'desc'))
              .as('age'),
          )
          .where('labSession.lab', '=', lab)
          .where('phase.state', '=', 'done')
          .where('phase.milliseconds', 'is not', null);
        const rows = await db
          .selectFrom(newest.as('run'))
          .select(['run.id', 'run.milliseconds'])
          .where('run.age', '<=', runsRemembered)
          .execute();
        const runs = Object.groupBy(rows, (row) => row.id);
        return Object.fromEntries(
          Object.entries(runs).map(([id, of = []]) => {
            const sorted = of.map((row) => row.milliseconds ?? 0).sort((a, b) => a - b);
            return [id, { p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9) }];
          }),
        );
      }),
  };
}

/** Nearest rank: the smallest value that at least this share of the runs did not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
