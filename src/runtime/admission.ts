import type { LabSession, Person } from '#store/port.ts';
import type { Shortage } from './budget.ts';
import { type Clock, plans, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { limits } from './limits.ts';
import { inFairOrder, whenEachBegins } from './line.ts';
import { closed, type Room, rooms, shortage } from './room.ts';

/** Where a session stands in the line of those that wait to be made. */
export interface Place {
  /** From 1. */
  place: number;
  of: number;
  /** Until its lab begins to be made; null when nobody can say. */
  estimateMilliseconds: number | null;
  /** What it waits for, and what would help, in sentences. */
  why: string;
  advice: string;
}

export interface AdmissionState {
  waiting: number;
  /** Being made, and as many as are made at once. */
  beginning: number;
  turns: number;
  heldBytes: number;
  spareBytes: number;
  budgetBytes: number;
}

/** Who may begin a lab, and when. The line is the rows: it survives the server. */
export interface Admission {
  /** Refuses, before there is a row, what this person may not begin (429) or nobody can (503). `again`: the session that begins anew. */
  check(person: Pick<Person, 'id'>, lab: CourseLab, again?: LabSession): Promise<void>;
  /**
   * Takes a session that is queued, or starting anew after a reset or a restart of the server: begun at once where there is room, else
   * left in line. Answers its row as it is then. However often it is called, the session is in the line once and made once.
   */
  enter(session: LabSession): Promise<LabSession>;
  /** Something changed that those in line may have waited for. What the hub tells of sessions is heard without it. */
  wake(): void;
  /** Null when it does not wait. */
  place(session: string): Place | null;
  state(): Promise<AdmissionState>;
  close(): Promise<void>;
}

/** Begins to make the lab of a session that is queued or starting, in the background; answers its row as it is then. */
export type Begin = (context: Context, session: LabSession) => Promise<LabSession>;

export interface AdmissionOptions {
  clock?: Clock;
  /** Gives up spares that hold at least so much memory; answers how much they held. The pool does. */
  giveUp?: (bytes: number) => Promise<number>;
}

/** Nothing tells when other programs free memory, or the engine comes back: those in line look again after this long. */
const lookAgain = 5_000;

export function admission(
  context: () => Context,
  begin: Begin,
  { clock = systemClock, giveUp = (bytes) => context().pool.giveUp(bytes) }: AdmissionOptions = {},
): Admission {
  const line = new Map<string, { since: number }>();
  const begun = new Map<string, { at: number; epoch: number; isOnItsWay: boolean }>();
  const room = rooms(context, clock);
  const allowed = limits(context, room, clock);
  const planned = plans(clock);
  let places: ReadonlyMap<string, Place> = new Map();
  let unfollow: (() => void) | null = null;
  let running: Promise<void> | null = null;
  let isStale = false;
  let isClosed = false;

  /** Looks at the line now, and once more if something changed meanwhile. */
  function advance(): Promise<void> {
    isStale = true;
    running ??= (async () => {
      while (isStale && !isClosed) {
        isStale = false;
        await look().catch((error: unknown) => context().log.warn({ err: error }, 'the line of labs could not be looked at; trying again'));
      }
      running = null;
      if (line.size > 0) planned.replan('look', lookAgain, wake);
    })();
    return running;
  }

  function wake(): void {
    if (line.size > 0) void advance();
  }

  async function look(): Promise<void> {
    const rows = new Map((await context().store.sessions.listLive()).map((session) => [session.id, session]));
    const isWaiting = (id: string) => ['queued', 'starting'].includes(rows.get(id)?.state ?? '');
    for (const id of [...line.keys(), ...begun.keys()]) if (!isWaiting(id)) for (const list of [line, begun]) list.delete(id);
    const waiting = inOrder([...rows.values()]);
    const stillWaiting: LabSession[] = [];
    let why: Shortage | null = null;
    for (const session of waiting) {
      // One that stands ready needs nobody's turn and no more memory.
      const isReady = isClaimed(session) || (await room.standsReady(session));
      if (!isReady) why ??= await whatIsMissing(session);
      if (!(isReady || why === null) || !(await started(session))) stillWaiting.push(session);
    }
    await tellPlaces(stillWaiting, why);
  }

  function inOrder(rows: readonly LabSession[]): readonly LabSession[] {
    const waiting = rows.flatMap((session) => {
      const entry = line.get(session.id);
      return entry === undefined ? [] : [{ session, person: session.person, since: entry.since }];
    });
    const held = (person: string) =>
      rows.filter((row) => row.person === person && !line.has(row.id) && ['starting', 'ready', 'paused'].includes(row.state)).length;
    return inFairOrder(waiting, held).map(({ session }) => session);
  }

  /** Why a session that is at the head of the line must wait; null when it can begin. Spares are given up for it. */
  async function whatIsMissing(session: LabSession): Promise<Shortage | null> {
    const { settings, course } = context();
    const now = await room.look();
    const shut = closed(now, settings.diskWatermarkBytes);
    if (shut !== null) return shut;
    const { making, bytes } = await underWay();
    if (making.length >= now.turns) return waitsForTurn(making.length);
    const lab = course.labs[session.lab];
    // Gone from the course, or with containers of its own already: it takes nothing that it does not have.
    if (lab === undefined || session.instance !== null) return null;
    const need = await room.needs(lab);
    const files = making.flatMap(({ lab: id }) => course.labs[id]?.file ?? []);
    const short = shortage(lab, need, now, { files, bytes });
    if (short !== null) return short;
    const over = now.heldBytes + now.spareBytes + need - now.budgetBytes;
    const scarce = now.headroom?.memoryBytes ?? Number.POSITIVE_INFINITY;
    const wanted = Math.max(over, need + bytes - scarce);
    if (wanted > 0 && now.spareBytes > 0) await giveUp(wanted);
    return null;
  }

  /** Labs that are being made; not those that only wake up. */
  async function underWay(): Promise<{ making: readonly LabSession[]; bytes: number }> {
    const { store, course } = context();
    const live = await store.sessions.listLive();
    const making = live.filter(
      ({ id, state, way }) => !line.has(id) && (state === 'starting' || (state === 'queued' && begun.has(id))) && way !== 'warm',
    );
    let bytes = 0;
    for (const { lab: id } of making) {
      const lab = course.labs[id];
      if (lab !== undefined) bytes += await room.needs(lab);
    }
    return { making, bytes };
  }

  /** A making that ended and left its row as it was is none. */
  function isUnderWay({ id, epoch }: LabSession): boolean {
    const mine = begun.get(id);
    return mine?.epoch === epoch && (mine.isOnItsWay || context().jobs.isBusy(id));
  }

  async function started(session: LabSession): Promise<boolean> {
    line.delete(session.id);
    const mine = { at: clock.now(), epoch: session.epoch, isOnItsWay: true };
    begun.set(session.id, mine);
    try {
      await begin(context(), session);
      mine.isOnItsWay = false;
      return true;
    } catch (error) {
      begun.delete(session.id);
      line.set(session.id, { since: sinceOf(session) });
      context().log.warn({ err: error, session: session.id }, 'a lab could not be begun; trying again');
      return false;
    }
  }

  async function tellPlaces(waiting: readonly LabSession[], why: Shortage | null): Promise<void> {
    const next = await placesOf(waiting, why ?? waitsForTurn(0));
    const changed = [...new Set([...places.keys(), ...next.keys()])].filter((id) => !isSame(places.get(id), next.get(id)));
    places = next;
    for (const id of changed) context().hub.publish(id, { type: 'place', data: { place: next.get(id) ?? null } });
  }

  async function placesOf(waiting: readonly LabSession[], { code, message, advice }: Shortage): Promise<ReadonlyMap<string, Place>> {
    if (waiting.length === 0) return new Map();
    const isTimed = code === 'turn';
    const { making } = await underWay();
    const times = await Promise.all(waiting.map(({ lab }) => timeOf(lab)));
    const left = await Promise.all(
      making.map(async ({ id, lab }) => {
        const time = await timeOf(lab);
        return time === null ? null : Math.max(1000, time - (clock.now() - (begun.get(id)?.at ?? clock.now())));
      }),
    );
    const begins = whenEachBegins(times, left, (await room.look()).turns);
    return new Map(
      waiting.map(({ id }, index) => {
        const estimate = isTimed ? (begins[index] ?? null) : null;
        return [id, { place: index + 1, of: waiting.length, estimateMilliseconds: estimate, why: message, advice }];
      }),
    );
  }

  /** What making a lab takes here, as a rule; null when it was never made. */
  async function timeOf(lab: string): Promise<number | null> {
    const measures = await room.measures(lab);
    return (measures['start-restored'] ?? measures['start-cold'])?.p50 ?? null;
  }

  return {
    check: (person, lab, again) => allowed.check(person, lab, again, line.size),
    async enter(session) {
      const { hub, store } = context();
      unfollow ??= hub.follow((id, event) => {
        if (event.type !== 'session' || event.data.state === 'queued') return;
        if (event.data.state !== 'starting') begun.delete(id);
        wake();
      });
      if (!isUnderWay(session)) {
        allowed.note(session);
        if (!line.has(session.id)) line.set(session.id, { since: sinceOf(session) });
        await advance();
      }
      return (await store.sessions.get(session.id)) ?? session;
    },
    wake,
    place: (session) => places.get(session) ?? null,
    async state() {
      const [now, { making }]: [Room, { making: readonly LabSession[] }] = await Promise.all([room.look(), underWay()]);
      const { turns, heldBytes, spareBytes, budgetBytes } = now;
      return { waiting: line.size, beginning: making.length, turns, heldBytes, spareBytes, budgetBytes };
    },
    async close() {
      isClosed = true;
      unfollow?.();
      planned.callOffAll();
      await running;
    },
  };
}

/** Waking it up was cut off. */
const isClaimed = ({ state, way }: LabSession) => state === 'starting' && way === 'warm';
const sinceOf = ({ changedAt }: LabSession) => Date.parse(changedAt);

function waitsForTurn(count: number): Shortage {
  const labs = count === 1 ? 'One lab is' : `${count} labs are`;
  return { code: 'turn', message: `${labs} being made at the moment, as many as this machine makes well at once.`, advice: '' };
}

const isSame = (a: Place | undefined, b: Place | undefined) =>
  a?.place === b?.place &&
  a?.of === b?.of &&
  a?.why === b?.why &&
  Math.abs((a?.estimateMilliseconds ?? -1) - (b?.estimateMilliseconds ?? -1)) < 1000;
