import type { Clock } from './clock.ts';
import type { Context } from './context.ts';

const quietMilliseconds = 10_000;

/** Whether no learner waits for anything, and none has typed or checked within the last ten seconds. */
export async function isQuiet({ store, jobs, watches }: Pick<Context, 'store' | 'jobs' | 'watches'>, clock: Clock): Promise<boolean> {
  for (const { id, epoch, state, activeAt, changedAt } of await store.sessions.listLive()) {
    if (state === 'queued' || state === 'starting' || jobs.isBusy(id)) return false;
    if (state !== 'ready') continue;
    if (clock.now() - Math.max(Date.parse(activeAt), Date.parse(changedAt)) < quietMilliseconds) return false;
    const watch = await watches.get(id, epoch)?.catch(() => undefined); // Whoever began it was told.
    if (watch !== undefined && watch.checking.size > 0) return false;
  }
  return true;
}
