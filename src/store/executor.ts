import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { diagnose, toStoreError } from './errors.ts';
import { StoreError } from './port.ts';
import type { Tables } from './tables.ts';

/** How repositories reach the database: one call, one transaction, retried while it is locked. Throws `StoreError` only. */
export interface Executor {
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** `work` may run more than once: it touches nothing but `tx`. */
  write<T>(work: (tx: Transaction<Tables>) => Promise<T>, options?: { patience?: number }): Promise<T>;
  close(): Promise<void>;
}

/** Milliseconds a caller waits for a lock before it is told `busy`. */
export const patience = 5_000;

/** Tries again while the database is locked, ever more seldom, until `until`; the event loop runs between tries. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  until: number,
  options: { signal?: AbortSignal | undefined; again?: (error: unknown) => boolean } = {},
): Promise<T> {
  const again = options.again ?? ((error) => diagnose(error).retry);
  for (let pause = 10; ; pause = Math.min(pause * 1.6, 200)) {
    try {
      return await attempt();
    } catch (error) {
      const left = until - performance.now();
      if (!again(error) || left <= 0) throw toStoreError(error);
      // Half of the pause is chance, so that processes that wait together do not knock together.
      await sleep(Math.min(left, pause * (0.5 + Math.random() / 2)), undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/**
 * SQLite: one connection, and writers go in single file. A waiting writer sleeps outside the connection, so reads go on;
 * those behind it are refused in their own time without knocking, since each knock may hold the event loop for the lock timeout.
 */
export function sqliteExecutor(db: Kysely<Tables>): Executor {
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: (work) => patiently(() => work(db), performance.now() + patience),
    write(work, options) {
      const until = performance.now() + (options?.patience ?? patience);
      const mine = last.then(async () => {
        await turn();
        if (performance.now() > until && options?.patience !== 0)
          throw new StoreError('busy', 'The database was busy for too long. Nothing was saved; try again in a moment.');
        return patiently(() => db.transaction().execute(work), until);
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await last;
      await db.destroy();
    },
  };
}

/** PostgreSQL: a pool. Reads, and work that never began because no connection was to be had, are tried again too. */
export function postgresExecutor(db: Kysely<Tables>): Executor {
  const lost = (error: unknown) => diagnose(error).code === 'unreachable';
  return {
    read: (work) => patiently(() => work(db), performance.now() + patience, { again: (error) => diagnose(error).retry || lost(error) }),
    write(work, options) {
      let begun = false;
      const attempt = () => {
        begun = false;
        return db.transaction().execute((tx) => {
          begun = true;
          return work(tx);
        });
      };
      const again = (error: unknown) => diagnose(error).retry || (!begun && lost(error));
      return patiently(attempt, performance.now() + (options?.patience ?? patience), { again });
    },
    close: () => db.destroy(),
  };
}
