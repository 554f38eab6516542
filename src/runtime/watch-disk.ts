import { inGiB } from './budget.ts';
import { type Clock, rest, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import { pauseLab } from './pause-lab.ts';
import { Problem } from './problem.ts';
import { tell } from './tell.ts';

const round = 15_000;
/** A disk fills up within seconds. */
const roundWhenLow = 2_000;
/** Below this share of the watermark the lab that holds most is stopped from growing. */
const criticalShare = 0.25;
/** A lab that holds less did not fill the disk. */
const large = 1024 ** 3;
/** Whoever resumes a lab that was paused for this has so long to delete something. */
const grace = 10 * 60_000;
const patience = 5_000;
const longPatience = 120_000;

/** Looks after the engine's disk: spares go, whoever has a lab is told, and the one lab that fills it is paused before all suffer. */
export interface DiskWatch {
  look(): Promise<void>;
  keep(signal: AbortSignal): Promise<void>;
}

export function diskWatch(context: () => Context, clock: Clock = systemClock): DiskWatch {
  /** Sessions that were told of it since the disk was last well. */
  const told = new Set<string>();
  const paused = new Map<string, number>();
  let isLow = false;

  async function look(): Promise<void> {
    const { settings, provider, store, pool } = context();
    const { diskFreeBytes: free } = await provider.facts(AbortSignal.timeout(patience));
    isLow = free !== null && free < settings.diskWatermarkBytes;
    if (free === null || !isLow) return told.clear();
    await pool.giveUp(Number.POSITIVE_INFINITY);
    for (const session of await store.sessions.listLive()) {
      if (session.state !== 'ready' || told.has(session.id)) continue;
      told.add(session.id);
      const text = `The disk of this machine is nearly full: ${inGiB(free)} are left. This lab goes on; no other is begun until there is space.`;
      await tell(context(), session, 'disk', text);
    }
    if (free < settings.diskWatermarkBytes * criticalShare) await stopTheLargest(free);
  }

  async function stopTheLargest(free: number): Promise<void> {
    const { settings, provider, store, log } = context();
    const holds = await provider.disk?.(settings.instance, AbortSignal.timeout(longPatience));
    const [largest] = (holds ?? []).toSorted((a, b) => b.bytes - a.bytes);
    if (largest === undefined || largest.bytes < large) return;
    const session = (await store.sessions.listLive()).find(({ instance }) => instance === largest.lab);
    if (session?.state !== 'ready' || clock.now() - (paused.get(session.id) ?? 0) < grace) return;
    log.warn({ session: session.id, bytes: largest.bytes, free }, 'the lab that holds most of the disk is paused');
    paused.set(session.id, clock.now());
    await pauseLab(context(), session, {
      code: 'paused-disk',
      message: `This lab holds ${inGiB(largest.bytes)} on a disk with ${inGiB(free)} left, so it was paused before other labs suffer. Everything in it is kept.`,
      advice: 'Resume it and delete what is large within ten minutes, or reset it.',
    });
  }

  return {
    look,
    async keep(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) => {
          // One that is being checked is looked at again.
          if (!(error instanceof Problem)) context().log.warn({ err: error }, 'the disk could not be looked after');
        });
        await rest(clock, isLow ? roundWhenLow : round, signal);
      }
    },
  };
}
