import type { LabSession } from '#store/port.ts';
import { type Clock, rest, systemClock } from './clock.ts';
import { type Context, refOf } from './context.ts';

const round = 15_000;
/** Until then a lab is still finding its size. */
const settled = 60_000;
const between = 5 * 60_000;
const patience = 5_000;

/** Notes what labs hold of this host's memory: a minute after they are ready, and the most they held when they are left. */
export interface Measuring {
  look(): Promise<void>;
  keep(signal: AbortSignal): Promise<void>;
}

export function measuring(context: () => Context, clock: Clock = systemClock): Measuring {
  /** By stay: since a lab became ready it has not left that state. */
  const stays = new Map<string, { lab: string; most: number; noted: number; at: number }>();

  async function look(): Promise<void> {
    const ready = (await context().store.sessions.listLive()).filter(({ state }) => state === 'ready');
    const now = new Set(ready.map(stayOf));
    for (const [key, { lab, most, noted }] of stays) {
      if (now.has(key)) continue;
      stays.delete(key);
      if (most > noted) await context().store.measures.note(lab, 'memory', most);
    }
    for (const session of ready) await lookAt(session);
  }

  async function lookAt(session: LabSession): Promise<void> {
    const { provider, store, log } = context();
    const stay = stays.get(stayOf(session));
    const due = stay === undefined ? Date.parse(session.changedAt) + settled : stay.at + between;
    if (clock.now() < due) return;
    try {
      const { memoryBytes } = await provider.usage(refOf(context(), session), AbortSignal.timeout(patience));
      if (memoryBytes === 0) return;
      if (stay === undefined) await store.measures.note(session.lab, 'memory', memoryBytes);
      const { most = 0, noted = memoryBytes } = stay ?? {};
      stays.set(stayOf(session), { lab: session.lab, most: Math.max(most, memoryBytes), noted, at: clock.now() });
    } catch (error) {
      log.debug({ err: error, session: session.id }, 'what a lab uses could not be measured');
    }
  }

  return {
    look,
    async keep(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) => context().log.warn({ err: error }, 'labs could not be measured'));
        await rest(clock, round, signal);
      }
    },
  };
}

const stayOf = ({ id, changedAt }: LabSession) => `${id} ${changedAt}`;
