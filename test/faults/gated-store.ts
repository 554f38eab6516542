import { join } from 'node:path';
import type { Executor } from '#store/executor.ts';
import { sqliteExecutor } from '#store/executor.ts';
import { assemble, kysely } from '#store/open.ts';
import { type Store, StoreError } from '#store/port.ts';
import { openFile, sqliteDialect } from '#store/sqlite.ts';

/**
 * What goes wrong with one call of the database, counted from the moment the fault is set; `full` lasts from then on, `unsure` saves and
 * then says that the server was lost.
 */
export interface StoreFault {
  at: number;
  how: 'busy' | 'full' | 'unsure';
}

/** A server's way to the database, in which calls can be made to fail. */
export interface StoreGate {
  store: Store;
  fault: StoreFault | null;
  readonly isFaultMet: boolean;
  /** Called as each call comes, before it has an effect. */
  onCall: (() => void) | null;
  /** The server has died: nothing that it asks has an effect any more. */
  shut(): Promise<void>;
}

/** The SQLite file of a data folder, with a connection of its own. Flushing to the disk is left out: what is tested dies, the machine does not. */
export function gatedStore(folder: string, now: () => Date): StoreGate {
  const file = openFile(join(folder, 'slipway.db'));
  file.exec('PRAGMA synchronous = OFF;');
  const inner = sqliteExecutor(kysely(sqliteDialect(file)));
  let fault: StoreFault | null = null;
  let sinceFault = 0;
  let isShut = false;

  async function call<T>(run: () => Promise<T>): Promise<T> {
    self.onCall?.();
    if (isShut) throw new StoreError('unreachable', 'The server has died.');
    sinceFault += 1;
    const met = fault !== null && (fault.how === 'full' ? sinceFault >= fault.at : sinceFault === fault.at) ? fault.how : null;
    if (met === 'busy') throw new StoreError('busy', 'The database is locked, says the test.');
    if (met === 'full') throw new StoreError('full', 'The disk is full, says the test.');
    const result = await run();
    if (met === 'unsure') throw new StoreError('unreachable', 'The connection was lost, says the test.');
    if (isShut) throw new StoreError('unreachable', 'The server has died.');
    return result;
  }

  const executor: Executor = {
    // A full disk can be read.
    read: (work) => (fault?.how === 'full' && !isShut ? inner.read(work) : call(() => inner.read(work))),
    write: (work, options) => call(() => inner.write(work, options)),
    close: () => inner.close(),
  };
  const self: StoreGate = {
    store: assemble(executor, now),
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      sinceFault = 0;
    },
    get isFaultMet() {
      return fault !== null && sinceFault >= fault.at;
    },
    onCall: null,
    async shut() {
      if (isShut) return;
      isShut = true;
      await inner.close();
    },
  };
  return self;
}
