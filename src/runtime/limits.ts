import type { LabSession, Person } from '#store/port.ts';
import { inGiB, neverFits, type Shortage } from './budget.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { Problem } from './problem.ts';
import { closed, type Rooms, shortage } from './room.ts';

const window = 10 * 60_000;
const anotherLook = 15;

/** What one person may begin, and what nobody can. */
export interface Limits {
  /** Throws 429 or 503, with the seconds after which another try makes sense. `waiting`: how long the line is. */
  check(person: Pick<Person, 'id'>, lab: CourseLab, again: LabSession | undefined, waiting: number): Promise<void>;
  /** Counts a start or a reset, once. */
  note(session: LabSession): void;
}

export function limits(context: () => Context, rooms: Rooms, clock: Clock = systemClock): Limits {
  /** By person: what was begun within the window. */
  const begun = new Map<string, { key: string; at: number }[]>();
  /** By person: labs that were let through and have no row yet. */
  const promised = new Map<string, Map<string, number>>();

  const lately = (person: string) => (begun.get(person) ?? []).filter(({ at }) => clock.now() - at < window);
  const promisedTo = (person: string) =>
    [...(promised.get(person) ?? [])].filter(([, at]) => clock.now() - at < anotherLook * 1000).map(([lab]) => lab);

  async function ofPerson(person: Pick<Person, 'id'>, lab: CourseLab): Promise<void> {
    const { settings, store, course } = context();
    const starts = lately(person.id);
    if (starts.length >= settings.startsPerPerson) {
      const retryAfter = Math.max(1, Math.ceil(((starts[0]?.at ?? 0) + window - clock.now()) / 1000));
      throw new Problem(429, 'too-many-starts', `You began ${starts.length} labs within ten minutes, as many as one person may.`, {
        advice: 'The lab you have can be worked in meanwhile.',
        retryAfter,
      });
    }
    const before = promisedTo(person.id);
    const live = (await store.sessions.listLive()).filter(
      (session) => session.person === person.id && !['failed', 'ending'].includes(session.state),
    );
    const held = new Set([...live.map((session) => session.lab), ...before, ...promisedTo(person.id)]);
    held.delete(lab.id);
    if (held.size >= settings.labsPerPerson) {
      const titles = [...held].map((id) => `“${course.labs[id]?.file.title ?? id}”`);
      const count = held.size === 1 ? 'one lab' : `${held.size} labs`;
      throw new Problem(429, 'too-many-labs', `You have ${count} already, as many as one person may: ${titles.join(', ')}.`, {
        advice: 'End one of them, and this one can begin.',
        retryAfter: anotherLook,
      });
    }
    promised.set(person.id, new Map(promised.get(person.id)).set(lab.id, clock.now()));
  }

  async function ofHost(lab: CourseLab, again: LabSession | undefined, waiting: number): Promise<void> {
    const { settings } = context();
    const room = await rooms.look();
    const shut = closed(room, settings.diskWatermarkBytes);
    if (shut !== null) throw full(shut, shut.code === 'no-space' ? 60 : 10);
    const need = await rooms.needs(lab);
    const never = neverFits(lab, need, room.budgetBytes, room.headroom);
    if (never !== null) throw full(never, undefined);
    // It holds nothing, and does not queue: there must be room now. In line one waits only for what somebody can give back.
    const needsRoomNow = again?.state === 'failed' || again?.state === 'crashed' || room.standing.length === 0;
    const short = needsRoomNow ? shortage(lab, need, room, { files: [], bytes: 0 }) : null;
    if (short !== null) throw full(short, 30);
    if (waiting < settings.line) return;
    const message = `${waiting} labs wait to be begun already, and labs hold ${inGiB(room.heldBytes)} of memory.`;
    throw full({ code: 'line-full', message, advice: 'Somebody has to end a lab first.' }, 30);
  }

  return {
    async check(person, lab, again, waiting) {
      const { settings } = context();
      if (!settings.engine) {
        throw full(withoutEngine, undefined);
      }
      if (!(await rooms.standsReady({ lab: lab.id, labVersion: lab.version }))) await ofHost(lab, again, waiting);
      await ofPerson(person, lab);
    },
    note({ id, epoch, person, lab }) {
      promised.get(person)?.delete(lab);
      const key = `${id} ${epoch}`;
      const starts = lately(person);
      if (!starts.some((start) => start.key === key)) begun.set(person, [...starts, { key, at: clock.now() }]);
    },
  };
}

const full = ({ code, message, advice }: Shortage, retryAfter: number | undefined) =>
  new Problem(503, code, message, { advice, retryAfter });

const withoutEngine: Shortage = {
  code: 'no-engine',
  message: 'This site was started without a container engine, so lessons can be read but labs cannot run.',
  advice: 'Stop the site and run `npm start` without --no-engine.',
};
