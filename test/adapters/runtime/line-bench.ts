import type { Headroom, HostFacts } from '#cluster/port.ts';
import { type Admission, admission, type Begin, type Place } from '#runtime/admission.ts';
import { type Context, publishSession } from '#runtime/context.ts';
import { endLab } from '#runtime/end-lab.ts';
import type { Settings } from '#runtime/settings.ts';
import type { LabSession, Person } from '#store/port.ts';
import { until } from '../observe/stepped-clock.ts';
import { type Workbench, workbench } from './context.ts';

const GiB = 1024 ** 3;
/** The labs of this course: four alike, of 800 MiB each. */
export const labs = ['a', 'b', 'c', 'd'] as const;

export interface LineBench {
  context: Context;
  admission: Admission;
  settings: Settings;
  /** What the host answers from now on. */
  host: { facts: HostFacts; headroom: Headroom | null };
  /** By person's name, in the order in which they were begun, e.g. `ada a`. */
  begun: string[];
  /** The most labs that were being made at the same time. */
  most(): number;
  person(name: string): Promise<Person>;
  /** Asks for a lab, as a page does. */
  asks(person: Person, lab?: string): Promise<LabSession>;
  /** The making of a lab comes to its end. */
  finishes(session: LabSession, how?: 'ready' | 'fail' | 'dies'): Promise<void>;
  /** One that is being made. */
  making(): Promise<LabSession>;
  ends(session: LabSession): Promise<void>;
  reaches(session: LabSession, state: LabSession['state']): Promise<void>;
  /** Places that were told to a session's pages. */
  told(session: LabSession): (Place | null)[];
  goesOn(milliseconds: number): void;
  /** The server is killed and comes back; those that were being made stand half-made. */
  reboot(): Promise<void>;
  close(): Promise<void>;
}

/** The line of labs on a real store, with a host that answers what a test says and labs that are made when it says so. */
export async function lineBench(more: Partial<Settings> = {}): Promise<LineBench> {
  let ahead = 0;
  const planned = new Map<object, { at: number; work: () => void }>();
  const clock = {
    now: () => Date.now() + ahead,
    after(milliseconds: number, work: () => void) {
      const key = {};
      planned.set(key, { at: clock.now() + milliseconds, work });
      return () => void planned.delete(key);
    },
  };
  const bench: Workbench = await workbench({ clock });
  const settings = { ...bench.context.settings, starts: 2, memoryBytes: 100 * GiB, labsPerPerson: 3, startsPerPerson: 20, ...more };
  const { '04-state-inside': lab } = bench.context.course.labs;
  if (lab === undefined) throw new Error('the course has no such lab');
  const course = { ...bench.context.course, labs: Object.fromEntries(labs.map((id) => [id, { ...lab, id }])) };
  const host: LineBench['host'] = {
    facts: {
      engine: { ok: true, version: '29', apiVersion: '1.45', cgroup: '2', rootDir: '/', storage: 'overlay2' },
      cores: 2,
      memoryBytes: 16 * GiB,
      diskFreeBytes: 100 * GiB,
    },
    headroom: null,
  };
  const begun: string[] = [];
  const names = new Map<string, string>();
  const gates = new Map<string, (how: 'ready' | 'fail' | 'dies') => void>();
  const making = new Set<string>();
  let most = 0;
  const told = new Map<string, (Place | null)[]>();
  const { store } = bench.context;

  const begin: Begin = async (context, session) => {
    const row = (await store.sessions.claim(session.id)) ?? (await store.sessions.admit(session.id)) ?? session;
    if (row.instance === null) await store.sessions.renew(row.id);
    publishSession(context, row);
    begun.push(`${names.get(row.person)} ${row.lab}`);
    void context.jobs.run(row.id, async (signal) => {
      making.add(row.id);
      if (row.way !== 'warm') most = Math.max(most, making.size);
      const how = await new Promise<'ready' | 'fail' | 'dies'>((resolve, reject) => {
        gates.set(row.id, resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }).finally(() => making.delete(row.id));
      if (how === 'dies') throw new Error('the making of a lab died');
      const moved = await store.sessions.move(row.id, how);
      if (moved) publishSession(context, moved);
    });
    return row;
  };

  function boot(): Context {
    const provider = {
      ...bench.context.provider,
      facts: async () => host.facts,
      headroom: async () => host.headroom ?? { memoryBytes: null, limits: nothingSeen },
    };
    const context: Context = { ...bench.context, settings, course, provider };
    context.admission = admission(() => context, begin, {
      clock,
      giveUp: async (bytes) => {
        let given = 0;
        for (const { id, intent, lab: of } of await store.instances.list()) {
          if (intent !== 'spare' || given >= bytes) continue;
          if (await store.instances.discardSpare(id)) given += (course.labs[of]?.file.memoryMiB ?? 0) * 1024 ** 2;
        }
        return given;
      },
    });
    context.hub.follow((session, event) => {
      if (event.type === 'place') told.set(session, [...(told.get(session) ?? []), event.data.place]);
    });
    return context;
  }

  const self: LineBench = {
    context: boot(),
    get admission() {
      return self.context.admission;
    },
    settings,
    host,
    begun,
    most: () => most,
    async person(name) {
      const person = await store.people.create({ name, roles: ['learner'] });
      names.set(person.id, name);
      return person;
    },
    async asks(person, id = 'a') {
      const wanted = course.labs[id];
      if (wanted === undefined) throw new Error(`there is no lab ${id}`);
      await self.admission.check(person, wanted);
      const { session } = await store.sessions.begin({ person: person.id, lab: id, labVersion: wanted.version });
      return await self.admission.enter(session);
    },
    async finishes(session, how = 'ready') {
      await until(`the making of ${session.id}`, () => gates.has(session.id));
      gates.get(session.id)?.(how);
      gates.delete(session.id);
      await until(`the end of the making of ${session.id}`, () => !self.context.jobs.isBusy(session.id));
    },
    async making() {
      await until('a lab to be made', () => gates.size > 0);
      const [id = ''] = gates.keys();
      const session = await store.sessions.get(id);
      if (session === null) throw new Error(`there is no session ${id}`);
      return session;
    },
    async ends(session) {
      await endLab(self.context, (await store.sessions.get(session.id)) ?? session);
      await self.reaches(session, 'ended');
    },
    async reaches(session, state) {
      await until(`${session.id} to be ${state}`, async () => (await store.sessions.get(session.id))?.state === state);
    },
    told: ({ id }) => told.get(id) ?? [],
    goesOn(milliseconds) {
      ahead += milliseconds;
      for (const [key, { at, work }] of [...planned]) {
        if (at > clock.now()) continue;
        planned.delete(key);
        work();
      }
    },
    async reboot() {
      await self.admission.close();
      await bench.reboot();
      gates.clear();
      making.clear();
      self.context = boot();
    },
    async close() {
      await self.admission.close();
      await bench.close();
    },
  };
  return self;
}

export const nothingSeen: Headroom['limits'] = { networks: null, inotifyInstances: null, inotifyWatches: null, pids: null, ports: null };
