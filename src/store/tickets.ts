import { z } from 'zod';
import type { Executor } from './executor.ts';
import { hashToken, newToken } from './id.ts';
import type { TicketStore } from './port.ts';
import { anyJson, isoTime, parseRow } from './row.ts';

const TicketRow = z.object({ person: z.string(), purpose: z.string(), value: anyJson, expiresAt: z.string() });
const columns = ['person', 'purpose', 'value', 'expiresAt'] as const;

/** Tokens for one purpose, some of them for one use. */
export function ticketStore(executor: Executor, now: () => Date): TicketStore {
  return {
    async issue({ person, purpose, value, expiresAt }) {
      const token = newToken();
      await executor.write(async (tx) => {
        await tx.deleteFrom('ticket').where('expiresAt', '<=', isoTime(now())).execute();
        await tx
          .insertInto('ticket')
          .values({ tokenHash: hashToken(token), person, purpose, value: JSON.stringify(value), expiresAt: isoTime(expiresAt) })
          .execute();
      });
      return { token };
    },

    redeem: (purpose, token) =>
      executor.write(async (tx) => {
        const row = await tx
          .deleteFrom('ticket')
          .where('tokenHash', '=', hashToken(token))
          .where('purpose', '=', purpose)
          .where('expiresAt', '>', isoTime(now()))
          .returning(columns)
          .executeTakeFirst();
        return parseRow('ticket', TicketRow, row);
      }),

    find: (purpose, token) =>
      executor.read(async (db) => {
        const row = await db
          .selectFrom('ticket')
          .select(columns)
          .where('tokenHash', '=', hashToken(token))
          .where('purpose', '=', purpose)
          .where('expiresAt', '>', isoTime(now()))
          .executeTakeFirst();
        return parseRow('ticket', TicketRow, row);
      }),
  };
}
