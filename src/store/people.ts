import { z } from 'zod';
import type { Executor } from './executor.ts';
import { hashToken, newId, newToken } from './id.ts';
import { type PeopleStore, StoreError } from './port.ts';
import { isoTime, json, parseRow, parseRows } from './row.ts';

const PersonRow = z.object({
  id: z.string(),
  name: z.string(),
  roles: json(z.array(z.enum(['learner', 'instructor']))),
  createdAt: z.string(),
});

const minute = 60_000;

/** People, and the browsers that speak for them. */
export function peopleStore(executor: Executor, now: () => Date): PeopleStore {
  const noteSeen = async (tokenHash: string, at: Date) => {
    try {
      await executor.write(
        (tx) =>
          tx
            .updateTable('personSession')
            .set({ seenAt: isoTime(at) })
            .where('tokenHash', '=', tokenHash)
            .execute(),
        { patience: 0 },
      );
    } catch (error) {
      // When a person was last seen is not worth refusing them: who they are was read. The next request notes it.
      if (!(error instanceof StoreError) || error.code === 'failed') throw error;
    }
  };

  return {
    create: ({ name, roles }) =>
      executor.write(async (tx) => {
        const person = { id: newId(), name: name.toWellFormed(), roles, createdAt: isoTime(now()) };
        await tx
          .insertInto('person')
          .values({ ...person, roles: JSON.stringify(roles) })
          .execute();
        return person;
      }),

    get: (id) =>
      executor.read(async (db) =>
        parseRow('person', PersonRow, await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()),
      ),

    list: () =>
      executor.read(async (db) =>
        parseRows('person', PersonRow, await db.selectFrom('person').selectAll().orderBy('createdAt').orderBy('id').execute()),
      ),

    async openSession(person, expiresAt) {
      const token = newToken();
      const at = isoTime(now());
      await executor.write(async (tx) => {
        await tx.deleteFrom('personSession').where('person', '=', person).where('expiresAt', '<=', at).execute();
        await tx
          .insertInto('personSession')
          .values({ tokenHash: hashToken(token), person, createdAt: at, expiresAt: isoTime(expiresAt), seenAt: at })
          .execute();
      });
      return { token };
    },

    async bySession(token) {
      const at = now();
      const tokenHash = hashToken(token);
      const row = await executor.read((db) =>
        db
          .selectFrom('personSession')
          .innerJoin('person', 'person.id', 'personSession.person')
          .select(['person.id', 'person.name', 'person.roles', 'person.createdAt', 'personSession.seenAt'])
          .where('personSession.tokenHash', '=', tokenHash)
          .where('personSession.expiresAt', '>', isoTime(at))
          .executeTakeFirst(),
      );
      if (row && at.getTime() - Date.parse(row.seenAt) >= minute) await noteSeen(tokenHash, at);
      return parseRow('person', PersonRow, row);
    },

    async closeSession(token) {
      await executor.write((tx) => tx.deleteFrom('personSession').where('tokenHash', '=', hashToken(token)).execute());
    },
  };
}
