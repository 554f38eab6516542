import { availableParallelism, freemem, loadavg } from 'node:os';
import type { LabInstance } from '#store/port.ts';
import { memoryOf } from './budget.ts';
import { type Clock, rest, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { clearInstance } from './end-lab.ts';
import { type Heartbeats, heartbeats } from './heartbeat.ts';
import { isToBeCaptured, tidyCaptures } from './keep-captures.ts';
import { suggestedPool, wantedSpares } from './pool-plan.ts';
import { isQuiet } from './quiet.ts';
import { layBy, makeAhead, making, withSpare } from './spares.ts';
import { takeCapture } from './take-capture.ts';

/** Labs that stand ready before anybody asks, and captures from which others are made; filled while nobody waits or types. */
export interface Pool {
  state(): Promise<PoolState>;
  /** Gives up spares that hold at least so much memory, or all; answers how much they held. They are removed in the background. */
  giveUp(bytes: number): Promise<number>;
  /** Gives up what is being made ahead: a learner's lab has to be made. */
  standAside(): void;
  /** Whether a spare is being made by this process. */
  isMaking(instance: string): boolean;
  heartbeats: Heartbeats;
  /** Mends what the pool holds by what it should, by one piece of work at most. */
  look(signal: AbortSignal): Promise<void>;
  /** Looks every few seconds until the signal fires. */
  keep(signal: AbortSignal): Promise<void>;
}

export interface PoolState {
  budgetBytes: number;
  usedBytes: number;
  labs: readonly { lab: string; ready: number; making: number; wanted: number }[];
  captures: readonly {
    lab: string;
    key: string;
    state: string;
    reason: string | null;
    bytes: number | null;
    createdAt: string;
    usedAt: string | null;
  }[];
}

export interface PoolOptions {
  clock?: Clock;
  /** Programs that run or want to, as in `uptime`. */
  load?: () => number;
  freeBytes?: () => number;
}

const round = 5_000;
const beatRound = 2_000;
const day = 24 * 60 * 60_000;
const oldest = day;
/** Doubled by each failure after the first. */
const restAfterFailure = 2 * 60_000;
const longestRest = 60 * 60_000;
/** When nobody was there for this long, somebody else's load is no reason to wait. */
const longQuiet = 60_000;
/** Left free beside a lab that is made only to be captured. */
const memoryReserve = 1024 ** 3;

interface Piece {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

export function labPool(
  context: () => Context,
  { clock = systemClock, load = () => loadavg()[0] ?? 0, freeBytes = freemem }: PoolOptions = {},
): Pool {
  const made = making();
  const beats = heartbeats(context, clock);
  const failed = new Map<string, { times: number; until: number }>();
  let current: { piece: Piece; abort: AbortController } | null = null;
  let budget: number | null = null;
  let quietSince: number | null = null;

  async function budgetBytes(): Promise<number> {
    const { settings, provider } = context();
    if (settings.poolBytes !== null || settings.reload) return settings.poolBytes ?? 0;
    if (budget !== null) return budget;
    const { engine, memoryBytes } = await provider.facts(AbortSignal.timeout(5_000));
    const { bytes } = suggestedPool({ memoryBytes, freeBytes: freeBytes() });
    if (engine.ok) budget = bytes;
    return bytes;
  }

  const bytesOf = async (lab: CourseLab) => memoryOf(lab, await context().store.measures.of(lab.id));

  /** Labs in course order, what of each is wanted, and the spares there are. */
  async function survey() {
    const { store, course } = context();
    const now = clock.now();
    const live = await store.sessions.listLive();
    const begun = await store.sessions.list({ since: new Date(now - day).toISOString() });
    const isLive = (id: string) => live.some((session) => session.id === id && session.state !== 'failed' && session.state !== 'crashed');
    const inOrder = course.lessons.flatMap(({ lab }) => (lab !== undefined && Object.hasOwn(course.labs, lab) ? [lab] : []));
    const labs = [...new Set([...inOrder, ...Object.keys(course.labs)])].flatMap((id) => course.labs[id] ?? []);
    const bytes = new Map(await Promise.all(labs.map(async (lab) => [lab.id, await bytesOf(lab)] as const)));
    const uses = [...new Map([...begun, ...live].map((session) => [session.id, session])).values()].map((session) => ({
      lab: session.lab,
      at: Date.parse(session.createdAt),
      isLive: isLive(session.id),
    }));
    const needs = { labs: labs.map(({ id }) => ({ id, bytes: bytes.get(id) ?? 0 })), uses, now };
    const spares = (await store.instances.list()).filter(({ intent }) => intent === 'spare');
    const wanted = wantedSpares({ ...needs, budgetBytes: await budgetBytes() });
    // Captures take no memory: they are taken of what would be wanted if there were enough.
    const likely = wantedSpares({ ...needs, budgetBytes: Number.POSITIVE_INFINITY });
    return { labs, bytes, wanted, likely, spares };
  }

  async function discard(spare: LabInstance): Promise<boolean> {
    if (!(await context().store.instances.discardSpare(spare.id))) return false;
    void clearInstance(context(), spare.id);
    return true;
  }

  async function look(signal: AbortSignal): Promise<void> {
    const { labs, wanted, likely, bytes, spares } = await survey();
    for (const { id } of labs) {
      const ready = ofLab(spares, id).filter(({ readyAt }) => readyAt !== null);
      for (const spare of ready.slice(0, Math.max(0, ready.length - (wanted.get(id) ?? 0)))) await discard(spare);
    }
    const now = clock.now();
    if (!(await isQuiet(context(), clock))) {
      quietSince = null;
      return;
    }
    quietSince ??= now;
    if (load() >= availableParallelism() && now - quietSince < longQuiet) return;
    await tidyCaptures(context(), clock, signal);
    const isRested = ({ id }: CourseLab) => now >= (failed.get(id)?.until ?? 0);
    for (const lab of labs.filter(isRested)) {
      const ready = ofLab(spares, lab.id);
      const old = ready.find(({ readyAt }) => readyAt !== null && now - Date.parse(readyAt) > oldest);
      const isLacking = ready.length - (old ? 1 : 0) < (wanted.get(lab.id) ?? 0);
      const fits = isLacking || freeBytes() > (bytes.get(lab.id) ?? 0) + memoryReserve;
      if (likely.has(lab.id) && fits && (await isToBeCaptured(context(), lab, signal))) return await work(capture(lab, isLacking), signal);
      if (!isLacking) continue;
      if (old !== undefined) await discard(old);
      return await work(fill(lab), signal);
    }
  }

  const fill = (lab: CourseLab): Piece => ({
    name: lab.id,
    run: (signal) =>
      withSpare(context(), lab, made, signal, async (spec) =>
        layBy(context(), clock, lab, await makeAhead(context(), lab, spec, signal), signal),
      ),
  });

  const capture = (lab: CourseLab, isLacking: boolean): Piece => ({
    name: lab.id,
    run: (signal) =>
      takeCapture(context(), clock, lab, made, signal, async (access) =>
        isLacking ? await layBy(context(), clock, lab, access, signal) : 'used up',
      ),
  });

  async function work(piece: Piece, outer: AbortSignal): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, outer]);
    current = { piece, abort };
    const began = performance.now();
    const { log } = context();
    try {
      await piece.run(signal);
      log.info({ lab: piece.name, milliseconds: Math.round(performance.now() - began) }, 'something was made ahead of a lab');
      failed.delete(piece.name);
    } catch (error) {
      if (signal.aborted) {
        log.info({ lab: piece.name }, 'what was made ahead of a lab was given up for now');
        return;
      }
      log.warn({ err: error, lab: piece.name }, 'a lab could not be made ahead; it is tried again later');
      const times = (failed.get(piece.name)?.times ?? 0) + 1;
      failed.set(piece.name, { times, until: clock.now() + Math.min(longestRest, restAfterFailure * 2 ** (times - 1)) });
    } finally {
      current = null;
    }
  }

  /** Wakes up what stands ready, one after the other. */
  async function beat(signal: AbortSignal): Promise<void> {
    const spares = (await context().store.instances.list()).filter(({ intent, readyAt }) => intent === 'spare' && readyAt !== null);
    for (const lost of await beats.beat(spares, signal)) await discard(lost);
  }

  /** Does it again and again until the signal fires. */
  async function again(work: (signal: AbortSignal) => Promise<void>, pace: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => {
        if (!signal.aborted) context().log.warn({ err: error }, 'what is made ahead could not be looked after');
      });
      await rest(clock, pace, signal);
    }
  }

  return {
    look,
    heartbeats: beats,
    isMaking: made.has,
    standAside: () => current?.abort.abort(new Error('a learner waits for a lab')),

    async giveUp(bytes) {
      current?.abort.abort(new Error('a learner needs the memory'));
      const { spares, wanted, bytes: each } = await survey();
      const held = (spare: LabInstance) => each.get(spare.lab) ?? 0;
      let freed = 0;
      // What is least wanted first, then the oldest.
      for (const spare of spares.toSorted((a, b) => (wanted.get(a.lab) ?? 0) - (wanted.get(b.lab) ?? 0))) {
        if (freed >= bytes) break;
        if (await discard(spare)) freed += held(spare);
      }
      return freed;
    },

    async state() {
      const { labs, bytes, wanted, spares } = await survey();
      const counts = labs.map(({ id }) => {
        const all = ofLab(spares, id);
        const ready = all.filter(({ readyAt }) => readyAt !== null).length;
        return { lab: id, ready, making: all.length - ready, wanted: wanted.get(id) ?? 0 };
      });
      const usedBytes = spares.reduce((sum, { lab }) => sum + (bytes.get(lab) ?? 0), 0);
      const captures = await context().store.captures.list();
      return { budgetBytes: await budgetBytes(), usedBytes, labs: counts, captures };
    },

    async keep(signal) {
      await Promise.all([again(look, round, signal), again(beat, beatRound, signal)]);
    },
  };
}

const ofLab = (spares: readonly LabInstance[], lab: string) => spares.filter((spare) => spare.lab === lab);
