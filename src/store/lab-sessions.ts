import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { type Move, moves, type SessionState, startWays, states } from '#lab/session.ts';
import type { Executor } from './executor.ts';
import { newId } from './id.ts';
import { type LabSession, type LabSessionStore, StoreError } from './port.ts';
import { isoTime, json, parseRow, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const LabSessionRow = z.object({
  id: z.string(),
  person: z.string(),
  lab: z.string(),
  labVersion: z.string(),
  state: z.enum(states),
  instance: z.string().nullable(),
  instanceEpoch: z.int(),
  way: z.enum(startWays).nullable(),
  epoch: z.int(),
  reason: json(z.object({ code: z.string(), message: z.string(), advice: z.string().optional() })).nullable(),
  createdAt: z.string(),
  changedAt: z.string(),
  activeAt: z.string(),
  keepUntil: z.string().nullable(),
});

const touchEvery = 5_000;
/** After these an earlier reason still holds: it is why the session is on its way out. */
const keepsReason: readonly Move[] = ['end', 'gone'];

/** Learners' stays in labs. That a person has one live session in a lab is the database's own constraint. */
export function labSessionStore(executor: Executor, now: () => Date): LabSessionStore {
  const parse = (row: unknown) => parseRow('lab_session', LabSessionRow, row);
  const live = (person: string, lab: string) =>
    executor.read(async (db) =>
      parse(
        await db
          .selectFrom('labSession')
          .selectAll()
          .where('person', '=', person)
          .where('lab', '=', lab)
          .where('state', '<>', 'ended')
          .executeTakeFirst(),
      ),
    );

  /** Points a session at other containers; those it had are wanted absent. */
  async function give(
    tx: Transaction<Tables>,
    { id, instance: before }: LabSession,
    to: Pick<LabSession, 'instance' | 'instanceEpoch' | 'way'>,
  ) {
    const given = parse(
      await tx
        .updateTable('labSession')
        .set({ ...to, state: 'starting', changedAt: isoTime(now()) })
        .where('id', '=', id)
        .where('state', 'in', ['queued', 'starting'])
        .returningAll()
        .executeTakeFirst(),
    );
    if (given === null) throw new StoreError('busy', `Session ${id} changed while it was given containers.`);
    if (before !== null) await tx.updateTable('labInstance').set({ intent: 'absent' }).where('id', '=', before).execute();
    return given;
  }

  const insert = (input: { person: string; lab: string; labVersion: string }): Promise<LabSession | null> => {
    const at = isoTime(now());
    const row = {
      ...input,
      id: newId(),
      state: 'queued',
      instance: null,
      instanceEpoch: 1,
      way: null,
      epoch: 1,
      reason: null,
      sequence: 0,
    };
    return executor.write(async (tx) =>
      parse(
        await tx
          .insertInto('labSession')
          .values({ ...row, createdAt: at, changedAt: at, activeAt: at })
          .onConflict((conflict) => conflict.columns(['person', 'lab']).where('state', '<>', sql.lit('ended')).doNothing())
          .returningAll()
          .executeTakeFirst(),
      ),
    );
  };

  return {
    live,

    async begin(input) {
      // A session that ends between the two looks makes the third: more rounds than a few are somebody else's fault.
      for (let round = 0; round < 5; round++) {
        const existing = await live(input.person, input.lab);
        if (existing) return { session: existing, created: false };
        const session = await insert(input);
        if (session) return { session, created: true };
      }
      throw new StoreError('busy', `Sessions of lab ${input.lab} begin and end too fast to hold one.`);
    },

    admit: (id) =>
      executor.write(async (tx) => {
        const queued = parse(await tx.selectFrom('labSession').selectAll().where('id', '=', id).executeTakeFirst());
        if (queued?.state !== 'queued') return null;
        const at = isoTime(now());
        const instance = newId();
        const { lab, labVersion, epoch } = queued;
        await tx
          .insertInto('labInstance')
          .values({ id: instance, lab, labVersion, epoch, intent: 'present', createdAt: at, readyAt: null })
          .execute();
        const admitted = parse(
          await tx
            .updateTable('labSession')
            .set({ state: 'starting', instance, instanceEpoch: epoch, changedAt: at })
            .where('id', '=', id)
            .where('state', '=', 'queued')
            .returningAll()
            .executeTakeFirst(),
        );
        if (admitted === null) await tx.deleteFrom('labInstance').where('id', '=', instance).execute();
        return admitted;
      }),

    claim: (id) =>
      executor.write(async (tx) => {
        const session = parse(
          await tx
            .selectFrom('labSession')
            .selectAll()
            .where('id', '=', id)
            .where('state', 'in', ['queued', 'starting'])
            .executeTakeFirst(),
        );
        if (session === null) return null;
        for (;;) {
          const spare = await tx
            .selectFrom('labInstance')
            .select(['id', 'epoch'])
            .where('lab', '=', session.lab)
            .where('labVersion', '=', session.labVersion)
            .where('intent', '=', 'spare')
            .where('readyAt', 'is not', null)
            .orderBy('readyAt')
            .executeTakeFirst();
          if (!spare) return null;
          const taken = await tx
            .updateTable('labInstance')
            .set({ intent: 'present' })
            .where('id', '=', spare.id)
            .where('intent', '=', 'spare')
            .executeTakeFirst();
          if (taken.numUpdatedRows > 0n) return await give(tx, session, { instance: spare.id, instanceEpoch: spare.epoch, way: 'warm' });
        }
      }),

    renew: (id) =>
      executor.write(async (tx) => {
        const session = parse(
          await tx.selectFrom('labSession').selectAll().where('id', '=', id).where('state', '=', 'starting').executeTakeFirst(),
        );
        if (session === null) return null;
        const { lab, labVersion, epoch } = session;
        const instance = newId();
        await tx
          .insertInto('labInstance')
          .values({ id: instance, lab, labVersion, epoch, intent: 'present', createdAt: isoTime(now()), readyAt: null })
          .execute();
        return await give(tx, session, { instance, instanceEpoch: epoch, way: null });
      }),

    async setWay(id, way) {
      await executor.write((tx) =>
        tx.updateTable('labSession').set({ way }).where('id', '=', id).where('state', '=', 'starting').execute(),
      );
    },

    get: (id) => executor.read(async (db) => parse(await db.selectFrom('labSession').selectAll().where('id', '=', id).executeTakeFirst())),

    listLive: () =>
      executor.read(async (db) =>
        parseRows(
          'lab_session',
          LabSessionRow,
          await db.selectFrom('labSession').selectAll().where('state', '<>', 'ended').orderBy('createdAt').orderBy('id').execute(),
        ),
      ),

    list: ({ person, lab, since }) =>
      executor.read(async (db) => {
        let query = db.selectFrom('labSession').selectAll();
        if (person !== undefined) query = query.where('person', '=', person);
        if (lab !== undefined) query = query.where('lab', '=', lab);
        if (since !== undefined) query = query.where('createdAt', '>=', isoTime(since));
        return parseRows('lab_session', LabSessionRow, await query.orderBy('createdAt', 'desc').orderBy('id', 'desc').execute());
      }),

    move(id, move, set = {}) {
      const table: Partial<Record<SessionState, SessionState>> = moves[move];
      const from = Object.keys(table);
      const next = sql<string>`case state ${sql.join(
        Object.entries(table).map(([before, after]) => sql`when ${before} then ${after}`),
        sql` `,
      )} else state end`;
      const { reason, ...others } = set;
      const newReason =
        reason === undefined ? (keepsReason.includes(move) ? {} : { reason: null }) : { reason: reason && JSON.stringify(reason) };
      return executor.write(async (tx) =>
        parse(
          await tx
            .updateTable('labSession')
            .set({ ...others, ...newReason, state: next, changedAt: isoTime(now()) })
            .$if(move === 'reset', (query) =>
              query.set((of) => ({ epoch: of('epoch', '+', 1), instanceEpoch: of('epoch', '+', 1), way: null })),
            )
            .where('id', '=', id)
            .where('state', 'in', from)
            .returningAll()
            .executeTakeFirst(),
        ),
      );
    },

    async touch(id) {
      const at = now();
      const before = isoTime(new Date(at.getTime() - touchEvery));
      const stale = await executor.read((db) =>
        db.selectFrom('labSession').select('id').where('id', '=', id).where('activeAt', '<', before).executeTakeFirst(),
      );
      if (!stale) return;
      await executor.write((tx) =>
        tx
          .updateTable('labSession')
          .set({ activeAt: isoTime(at) })
          .where('id', '=', id)
          .execute(),
      );
    },

    keep: (id, until) =>
      executor.write(async (tx) => {
        const wanted = isoTime(until);
        const later = sql<string>`case when keep_until > ${wanted} then keep_until else ${wanted} end`;
        return parse(
          await tx
            .updateTable('labSession')
            .set({ keepUntil: later })
            .where('id', '=', id)
            .where('state', '<>', 'ended')
            .returningAll()
            .executeTakeFirst(),
        );
      }),
  };
}
