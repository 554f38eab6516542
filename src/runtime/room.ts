import type { Headroom, HostFacts } from '#cluster/port.ts';
import type { LabFile } from '#lab/lab-file.ts';
import type { LabInstance, LabSession, Measures } from '#store/port.ts';
import { defaultMemory, defaultStarts, inGiB, limitShortage, memoryOf, memoryShortage, type Shortage } from './budget.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';

/** What there is for labs at one moment, and what holds it. */
export interface Room {
  facts: HostFacts;
  headroom: Headroom | null;
  /** How many labs are made at once. */
  turns: number;
  budgetBytes: number;
  /** By labs that stand or are being made; by spares. */
  heldBytes: number;
  spareBytes: number;
  standing: readonly LabFile[];
  spares: readonly LabInstance[];
}

/** A session that has no lab, or none that works, holds nothing. */
const holdsNothing = new Set<LabSession['state']>(['failed', 'crashed']);
/** A host that answers is asked no more often than this. */
const freshMilliseconds = 2_000;
const patience = 5_000;

export interface Rooms {
  look(): Promise<Room>;
  /** Whether a lab of this version stands ready: it holds its memory already. */
  standsReady(lab: Pick<LabSession, 'lab' | 'labVersion'>): Promise<boolean>;
  measures(lab: string): Promise<Measures>;
  /** Memory that a lab of the course needs. */
  needs(lab: CourseLab): Promise<number>;
}

/** Looks at rows and host. Removed containers that are still on their way out count no more: what follows takes its memory later. */
export function rooms(context: () => Context, clock: Clock = systemClock): Rooms {
  let asked: { at: number; host: Promise<Pick<Room, 'facts' | 'headroom'>> } | null = null;

  async function askHost(): Promise<Pick<Room, 'facts' | 'headroom'>> {
    const { provider, log } = context();
    const facts = await provider.facts(AbortSignal.timeout(patience));
    if (!facts.engine.ok || provider.headroom === undefined) return { facts, headroom: null };
    const headroom = await provider.headroom(AbortSignal.timeout(patience)).catch((error: unknown) => {
      log.warn({ err: error }, 'what is left on the host could not be seen');
      return null;
    });
    return { facts, headroom };
  }

  function host() {
    if (asked !== null && clock.now() - asked.at <= freshMilliseconds) return asked.host;
    const asking = { at: clock.now(), host: askHost() };
    asked = asking;
    const forget = () => {
      if (asked === asking) asked = null;
    };
    // An engine that was away for a moment may be back when the learner tries again.
    asking.host.then(({ facts }) => facts.engine.ok || forget(), forget);
    return asking.host;
  }

  const measures = (lab: string) => context().store.measures.of(lab);
  const needs = async (lab: CourseLab) => memoryOf(lab, await measures(lab.id));

  async function look(): Promise<Room> {
    const { store, course, settings } = context();
    const [{ facts, headroom }, instances, sessions] = await Promise.all([host(), store.instances.list(), store.sessions.listLive()]);
    const idle = new Set(sessions.filter(({ state }) => holdsNothing.has(state)).map(({ instance }) => instance));
    const counted = instances.filter(({ id, intent }) => intent !== 'absent' && !idle.has(id));
    const known = counted.flatMap((instance) => {
      const lab = Object.hasOwn(course.labs, instance.lab) ? course.labs[instance.lab] : undefined;
      return lab === undefined ? [] : [{ instance, lab }];
    });
    const need = new Map<string, number>();
    for (const { lab } of known) if (!need.has(lab.id)) need.set(lab.id, await needs(lab));
    const bytes = (isSpare: boolean) =>
      known.filter(({ instance }) => (instance.intent === 'spare') === isSpare).reduce((sum, { lab }) => sum + (need.get(lab.id) ?? 0), 0);
    return {
      facts,
      headroom,
      turns: settings.starts ?? defaultStarts(facts),
      budgetBytes: settings.memoryBytes ?? defaultMemory(facts),
      heldBytes: bytes(false),
      spareBytes: bytes(true),
      standing: known.map(({ lab }) => lab.file),
      spares: counted.filter(({ intent }) => intent === 'spare'),
    };
  }

  async function standsReady({ lab, labVersion }: Pick<LabSession, 'lab' | 'labVersion'>): Promise<boolean> {
    const instances = await context().store.instances.list();
    return instances.some((one) => one.intent === 'spare' && one.readyAt !== null && one.lab === lab && one.labVersion === labVersion);
  }

  return { look, standsReady, measures, needs };
}

/** Why no lab can be begun at all at the moment, whatever it needs; null when one can. */
export function closed({ facts }: Pick<Room, 'facts'>, watermarkBytes: number): Shortage | null {
  if (!facts.engine.ok) {
    const advice = 'Start the engine, or run `./slipway doctor` to see what is missing.';
    return { code: 'no-engine', message: `Labs need a Docker engine, and none answers: ${facts.engine.reason}`, advice };
  }
  const free = facts.diskFreeBytes;
  if (free === null || free >= watermarkBytes) return null;
  const figures = `${inGiB(free)} are free where the engine keeps its data, and ${inGiB(watermarkBytes)} are needed`;
  return {
    code: 'no-space',
    message: `There is too little disk for a lab: ${figures}.`,
    advice: 'Free some space (`./slipway images prune` removes old images), then try again.',
  };
}

/** What one more lab would be short of, spares given up; null when there is room. */
export function shortage(
  lab: CourseLab,
  needBytes: number,
  room: Room,
  beginning: { files: readonly LabFile[]; bytes: number },
): Shortage | null {
  const { heldBytes, budgetBytes, spareBytes, headroom } = room;
  // Alone it may have all there is: it was let in because it fits.
  if (heldBytes > 0 && heldBytes + needBytes > budgetBytes) {
    return {
      code: 'no-memory',
      message: `This lab needs about ${inGiB(needBytes)} of memory, and labs hold ${inGiB(heldBytes)} of the ${inGiB(budgetBytes)} they may use.`,
      advice: 'It begins when another lab ends. A paused lab keeps its memory; ending it frees that.',
    };
  }
  const real = memoryShortage(Math.max(0, needBytes - spareBytes), beginning.bytes, headroom);
  if (real !== null) return real;
  return headroom === null ? null : limitShortage(lab.file, headroom, { standing: room.standing, beginning: beginning.files });
}
