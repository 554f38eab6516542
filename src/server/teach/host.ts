import { cpus, freemem, loadavg, totalmem } from 'node:os';
import type { AdmissionState } from '#runtime/admission.ts';
import type { Runtime } from '#runtime/runtime.ts';
import type { LabSession } from '#store/port.ts';
import type { Sample } from '../metrics/history.ts';
import { metricsOf } from '../metrics/metrics.ts';
import { type Stand, standOf, type Waiting } from '../metrics/stand.ts';
import type { StartSeen } from '../metrics/starts.ts';

/** How the machine does, as an operator's page shows it. */
export interface HostView {
  now: number;
  cores: number;
  load: number;
  memoryBytes: number;
  freeBytes: number;
  stand: Stand;
  admission: AdmissionState;
  /** Labs that live, and then those that ended within a day; of each the newest change first. */
  labs: readonly { session: LabSession; person: string }[];
  queue: readonly (Waiting & { person: string })[];
  samples: readonly Sample[];
  starts: readonly StartSeen[];
  titles: Readonly<Record<string, string>>;
}

const day = 24 * 60 * 60_000;

export async function hostView(runtime: Runtime): Promise<HostView> {
  const { store, course, context } = runtime;
  const { history } = metricsOf(runtime);
  if (history.samples().length === 0) await history.sample();
  const since = new Date(Date.now() - day).toISOString();
  const [stand, admission, people, lately] = await Promise.all([
    standOf(runtime),
    context.admission.state(),
    store.people.list(),
    store.sessions.list({ since }),
  ]);
  const nameOf = (id: string) => people.find((person) => person.id === id)?.name ?? 'somebody';
  return {
    now: Date.now(),
    cores: cpus().length,
    load: loadavg()[0] ?? 0,
    memoryBytes: totalmem(),
    freeBytes: freemem(),
    stand,
    admission,
    labs: [...newest(stand.live), ...newest(lately.filter(({ state }) => state === 'ended'))].map((session) => ({
      session,
      person: nameOf(session.person),
    })),
    queue: stand.queue.map((waiting) => ({ ...waiting, person: nameOf(waiting.session.person) })),
    samples: history.samples(),
    starts: history.starts(),
    titles: Object.fromEntries(Object.values(course.labs).map(({ id, file }) => [id, file.title])),
  };
}

const newest = (sessions: readonly LabSession[]) => sessions.toSorted((a, b) => b.changedAt.localeCompare(a.changedAt));

/** How one lab was made, and what happened to it, newest first; null when there is no such session. */
export async function labHistory({ store, course }: Runtime, id: string) {
  const session = /^[a-z0-9]{1,40}$/.test(id) ? await store.sessions.get(id) : null;
  if (session === null) return null;
  const [entries, person, phases, estimates] = await Promise.all([
    store.log.list(session.id),
    store.people.get(session.person),
    store.phases.list(session.id, session.epoch),
    store.phases.estimates(session.lab),
  ]);
  const title = Object.hasOwn(course.labs, session.lab) ? (course.labs[session.lab]?.file.title ?? session.lab) : session.lab;
  return {
    session,
    title,
    person: person?.name ?? 'somebody',
    phases: phases.map((phase) => ({ ...phase, ...estimates[phase.id] })),
    entries: entries.toReversed(),
  };
}
