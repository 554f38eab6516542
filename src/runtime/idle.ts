import type { LabSession } from '#store/port.ts';
import { type Clock, rest, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import { endLab } from './end-lab.ts';
import { lastLearnerChange } from './learner-changes.ts';
import { pauseLab } from './pause-lab.ts';
import { Problem } from './problem.ts';
import { lasting } from './tell.ts';

/** Pauses labs in which nobody does anything, and ends those that were left paused; whoever has the page open is warned first. */
export interface Idle {
  /** When a lab will be paused, once its learner was warned of it; null before. */
  pausesAt(session: string): string | null;
  /** Takes a warning back at once when its learner has done something. */
  heed(session: LabSession): void;
  /** Looks at every lab once. */
  look(): Promise<void>;
  /** Looks every few seconds until the signal fires. */
  keep(signal: AbortSignal): Promise<void>;
}

const round = 15_000;
const day = 24 * 60 * 60_000;
const longestPause = 7 * day;
/** The last part of the idle time, during which the warning stands. */
const warnedShare = 0.25;

export function idleLabs(context: () => Context, clock: Clock = systemClock): Idle {
  const warnings = new Map<string, number>();
  const idle = () => context().settings.idleMinutes * 60_000;

  function setWarning(session: string, at: number | null): void {
    if (at === null ? !warnings.delete(session) : warnings.get(session) === at) return;
    if (at !== null) warnings.set(session, at);
    context().hub.publish(session, { type: 'idle', data: { pausesAt: at === null ? null : new Date(at).toISOString() } });
  }

  /** When an idle lab is due; a lab that became ready a moment ago, after a long pause, is not idle. */
  function dueAt({ activeAt, changedAt, keepUntil }: LabSession): number {
    return Math.max(Math.max(Date.parse(activeAt), Date.parse(changedAt)) + idle(), keepUntil === null ? 0 : Date.parse(keepUntil));
  }

  function heed(session: LabSession): void {
    if (session.state !== 'ready' || dueAt(session) - idle() * warnedShare > clock.now()) setWarning(session.id, null);
  }

  async function lookAt(session: LabSession): Promise<void> {
    const now = clock.now();
    heed(session);
    if (session.state === 'paused' && now - Date.parse(session.changedAt) >= longestPause) {
      await endLab(context(), session, leftPaused);
    }
    if (session.state !== 'ready' || idle() === 0) return;
    const due = dueAt(session);
    const lead = idle() * warnedShare;
    if (now < due - lead) return;
    const isDue = !warnings.has(session.id) || now >= (warnings.get(session.id) ?? 0);
    if (isDue && (await worksElsewhere(session))) return;
    // However long nobody looked (the server was down, the computer slept): nothing is paused without a warning before.
    const at = warnings.get(session.id) ?? Math.max(due, now + lead);
    setWarning(session.id, at);
    if (now < at) return;
    // A check that ended while its changes were being looked for.
    if ((await context().store.sessions.get(session.id))?.activeAt !== session.activeAt) return;
    await pauseLab(context(), session, pausedFor(now - Math.max(Date.parse(session.activeAt), Date.parse(session.changedAt))));
    setWarning(session.id, null);
  }

  /** Whoever works in a terminal of their own is seen by what they change: that counts as a keystroke does. */
  async function worksElsewhere(session: LabSession): Promise<boolean> {
    const { store, log } = context();
    const change = await lastLearnerChange(context(), session).catch((error: unknown) => {
      log.debug({ err: error, session: session.id }, 'it could not be seen whether an idle lab was changed');
      return 0;
    });
    if (change <= Math.max(Date.parse(session.activeAt), Date.parse(session.changedAt))) return false;
    await store.sessions.touch(session.id);
    setWarning(session.id, null);
    return true;
  }

  async function look(): Promise<void> {
    const live = await context().store.sessions.listLive();
    for (const id of warnings.keys()) if (!live.some((session) => session.id === id)) setWarning(id, null);
    for (const session of live) {
      await lookAt(session).catch((error: unknown) => {
        // One that is being checked, or has just changed, is looked at again.
        if (!(error instanceof Problem && error.status === 409)) {
          context().log.warn({ err: error, session: session.id }, 'an idle lab could not be paused or ended');
        }
      });
    }
  }

  return {
    pausesAt(session) {
      const at = warnings.get(session);
      return at === undefined ? null : new Date(at).toISOString();
    },
    heed,
    look,
    async keep(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) => context().log.warn({ err: error }, 'idle labs could not be looked for'));
        await rest(clock, round, signal);
      }
    },
  };
}

const pausedFor = (milliseconds: number) => ({
  code: 'paused-idle',
  message: `Nothing was done in this lab for ${lasting(milliseconds)}, so it was paused. Everything in it is kept as it was.`,
});

const leftPaused = {
  code: 'left-paused',
  message: 'This lab was paused for 7 days, so it was ended. Your results are kept.',
  advice: 'Start it again when you want to go on.',
};
