import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Makes sure that one process at a time works with a data folder: two would each take the other's labs for left-overs.
 * The lock is the operating system's, so it goes with the process, however that ends. Throws in one sentence when it is held.
 * Locks of different names do not exclude each other.
 */
export function holdFolder(folder: string, name = 'lock'): { release(): void } {
  const lock = new DatabaseSync(join(folder, `${name}.db`), { timeout: 200 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new Error(`Another Slipway already works with ${folder}. Stop it first, or give this one a folder of its own by SLIPWAY_DATA.`, {
      cause: error,
    });
  }
  return { release: () => lock.close() };
}

/** The same, and null when another process holds it. */
export function tryHoldFolder(folder: string, name?: string): { release(): void } | null {
  try {
    return holdFolder(folder, name);
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy) return null;
    throw error;
  }
}

const sqliteBusy = 5;
