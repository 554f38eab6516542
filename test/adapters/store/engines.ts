import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type OpenOptions, openStore } from '#store/open.ts';
import type { Store } from '#store/port.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from './postgres-server.ts';

/** A kind of database the store runs on; `fresh` gives what opens a new empty one, as often as it is called. */
export interface Engine {
  name: string;
  /** Why it cannot be tried here. */
  skip: string | null;
  begin(): Promise<void>;
  fresh(): Promise<Pick<OpenOptions, 'url' | 'folder'>>;
  end(): Promise<void>;
}

/** Temporary folders, swept together. */
export const folders = () => {
  const made: string[] = [];
  return {
    make() {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-store-'));
      made.push(folder);
      return folder;
    },
    sweep() {
      for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
};

function sqlite(): Engine {
  const temporary = folders();
  return {
    name: 'SQLite',
    skip: null,
    begin: async () => undefined,
    fresh: async () => ({ folder: temporary.make() }),
    end: async () => temporary.sweep(),
  };
}

function postgres(): Engine {
  const programs = postgresPrograms();
  const temporary = folders();
  let server: PostgresServer | undefined;
  return {
    name: 'PostgreSQL',
    skip: programs === null ? "no PostgreSQL server programs here (Debian's package is postgresql)" : null,
    async begin() {
      if (programs !== null) server = await startPostgres(programs);
    },
    async fresh() {
      if (!server) throw new Error('PostgreSQL was not started');
      return { folder: temporary.make(), url: await server.database() };
    },
    async end() {
      await server?.stop();
      temporary.sweep();
    },
  };
}

export const engines: readonly Engine[] = [sqlite(), postgres()];

export interface Opened {
  store: Store;
  where: Pick<OpenOptions, 'url' | 'folder'>;
  now(): Date;
  /** Moves the store's clock on and answers its time. */
  later(milliseconds: number): string;
}

/** The same tests on every engine, each on a new database with a clock of its own. An engine that is not here is skipped aloud. */
export function onEveryEngine(subject: string, tests: (opened: () => Opened) => void): void {
  for (const engine of engines) {
    if (engine.skip !== null) console.warn(`skipped: ${subject} on ${engine.name}: ${engine.skip}`);
    describe.skipIf(engine.skip !== null)(`${subject} on ${engine.name}`, () => {
      let opened: Opened | undefined;
      beforeAll(async () => {
        await engine.begin();
        const where = await engine.fresh();
        let clock = Date.parse('2026-11-23T09:00:00Z');
        const now = () => new Date(clock);
        const later = (milliseconds: number) => {
          clock += milliseconds;
          return now().toISOString();
        };
        opened = { store: await openStore({ ...where, now }), where, now, later };
      });
      afterAll(async () => {
        await opened?.store.close();
        await engine.end();
      });
      tests(() => {
        if (!opened) throw new Error('the store was not opened');
        return opened;
      });
    });
  }
}
