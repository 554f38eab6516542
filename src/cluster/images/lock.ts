import { mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

const sqliteBusy = 5;

/**
 * Runs `work` while no other process of this user does work of the same name; `waiting` is called once if it has to wait.
 * The lock is SQLite's on an empty file: the operating system lets go of it when its holder dies, however it dies.
 */
export async function exclusively<T>(name: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const folder = join(tmpdir(), `slipway-locks-${userInfo().uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(join(folder, `${name.replaceAll(/[^\w.-]/g, '_')}.lock`), { timeout: 0 });
  try {
    for (let told = false; !taken(file); await setTimeout(250, undefined, { signal })) {
      if (!told) waiting();
      told = true;
    }
    return await work();
  } finally {
    file.close();
  }
}

function taken(file: DatabaseSync): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return false;
    throw error;
  }
}
