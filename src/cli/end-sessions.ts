import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '#runtime/settings.ts';
import { openStore } from '#store/open.ts';

const reason = { code: 'ended-by-down', message: 'The lab was ended together with the site (./slipway down).' };

/**
 * Writes down that every lab of this data folder ends, does `remove`, and writes down that they have ended; so the next
 * start makes none of them anew. A database that others may share (DATABASE_URL) is left to the next start.
 */
export async function endSessions(settings: Pick<Settings, 'data' | 'databaseUrl'>, remove: () => Promise<void>): Promise<void> {
  if (settings.databaseUrl !== undefined || !existsSync(join(settings.data, 'slipway.db'))) return remove();
  const store = await openStore({ folder: settings.data });
  try {
    const live = await store.sessions.listLive();
    for (const { id } of live) await store.sessions.move(id, 'end', { reason });
    await remove();
    for (const { id, instance } of live) {
      if (instance !== null) await store.instances.forget(instance);
      await store.sessions.move(id, 'gone', { instance: null });
    }
  } finally {
    await store.close();
  }
}
