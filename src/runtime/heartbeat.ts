import { ClusterError, type LabAccess } from '#cluster/port.ts';
import type { LabInstance } from '#store/port.ts';
import { type Clock, rest } from './clock.ts';
import type { Context } from './context.ts';

/**
 * Spares are woken up for a moment every few seconds. A node whose kubelet was silent for half a minute wakes up to find its runtime
 * lost and its lease expired, and takes no pod for ten seconds; one that was silent for less goes on as if nothing had been.
 */
export interface Heartbeats {
  /** Lays a lab by that has just been made; from now on it is woken up. */
  begin(access: LabAccess, signal: AbortSignal): Promise<void>;
  /** Leaves a spare to whoever claimed it; answers for how long it has been still, in ms, and how to reach it, if that is known. */
  letGo(spare: Pick<LabInstance, 'id' | 'readyAt'>): Promise<{ stillFor: number; access: LabAccess | null }>;
  /** Freezes a spare that runs although it should not; does nothing once it is claimed. */
  still(spare: LabInstance, signal: AbortSignal): Promise<void>;
  /** Whether it is awake, or about to be. */
  isAwake(instance: string): boolean;
  /** Wakes those up whose time has come. Answers those that did not come to themselves. */
  beat(spares: readonly LabInstance[], signal: AbortSignal): Promise<readonly LabInstance[]>;
}

/** Well below the 30 s after which a kubelet takes its runtime for lost. */
const interval = 20_000;
/** In which kubelets renew their leases, and the control plane sees it. */
const awakeMilliseconds = 200;
/** A spare that needs longer to wake up is of no use. */
const beatLimit = 60_000;

export function heartbeats(context: () => Context, clock: Clock): Heartbeats {
  const seen = new Map<string, { at: number; access: LabAccess | null }>();
  const busy = new Map<string, { abort: AbortController; done: Promise<void> }>();
  const refOf = ({ id, epoch }: LabInstance) => ({ instance: context().settings.instance, lab: id, epoch });

  /** Work on a spare that nobody has claimed; who claims it meanwhile stops it and waits for its end. */
  async function unclaimed(id: string, outer: AbortSignal, work: (spare: LabInstance, signal: AbortSignal) => Promise<void>) {
    if (busy.has(id)) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, outer, AbortSignal.timeout(beatLimit)]);
    // Known to be busy before the row is read: a claim after that finds it so.
    const done = (async () => {
      const spare = await context().store.instances.get(id);
      if (spare?.intent === 'spare') await work(spare, signal);
    })();
    busy.set(id, { abort, done: done.catch(() => {}) });
    try {
      await done;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      busy.delete(id);
    }
  }

  const stillFor = ({ id, readyAt }: Pick<LabInstance, 'id' | 'readyAt'>) =>
    Math.max(0, clock.now() - (seen.get(id)?.at ?? Date.parse(readyAt ?? '')));

  async function freeze(spare: LabInstance, signal: AbortSignal): Promise<void> {
    await context().provider.pause(refOf(spare), signal);
    seen.set(spare.id, { access: seen.get(spare.id)?.access ?? null, at: clock.now() });
  }

  async function beatOnce(spare: LabInstance, signal: AbortSignal): Promise<void> {
    const { provider } = context();
    if ((await provider.condition(refOf(spare), signal)) === 'gone') throw new ClusterError('gone', 'A part of it has stopped.');
    const access = seen.get(spare.id)?.access ?? undefined;
    const { missing } = await provider.resume(refOf(spare), { report: () => {}, pausedFor: stillFor(spare), access }, signal);
    if (missing.length > 0) throw new Error(missing.join(' '));
    await rest(clock, awakeMilliseconds, signal);
    signal.throwIfAborted();
    await freeze(spare, signal);
  }

  return {
    isAwake: (id) => busy.has(id),
    still: (spare, signal) => unclaimed(spare.id, signal, freeze),

    async begin(access, signal) {
      await context().provider.pause(access.ref, signal);
      seen.set(access.ref.lab, { access, at: clock.now() });
    },

    async letGo(spare) {
      const running = busy.get(spare.id);
      running?.abort.abort(new Error('it is claimed'));
      await running?.done;
      const known = { stillFor: running ? 0 : stillFor(spare), access: seen.get(spare.id)?.access ?? null };
      seen.delete(spare.id);
      return known;
    },

    async beat(spares, signal) {
      for (const id of seen.keys()) if (!spares.some((spare) => spare.id === id)) seen.delete(id);
      const lost: LabInstance[] = [];
      for (const spare of spares) {
        if (signal.aborted || stillFor(spare) < interval) continue;
        try {
          await unclaimed(spare.id, signal, beatOnce);
        } catch (error) {
          if (signal.aborted || (error instanceof ClusterError && error.code === 'no-engine')) break;
          context().log.warn({ err: error, instance: spare.id }, 'a lab that stood ready did not wake up; it is removed');
          lost.push(spare);
        }
      }
      return lost;
    },
  };
}
