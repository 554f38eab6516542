import type { Logger } from 'pino';
import type { ClusterProvider, LabRef } from '#cluster/port.ts';
import type { LabSession, Phase, Store } from '#store/port.ts';
import type { Admission } from './admission.ts';
import type { Course, CourseLab } from './course.ts';
import type { Hub } from './hub.ts';
import { sessionView } from './hub.ts';
import type { Idle } from './idle.ts';
import type { Jobs } from './jobs.ts';
import type { LiveChecks } from './live-checks.ts';
import type { Meter } from './meter.ts';
import type { Pool } from './pool.ts';
import { Problem } from './problem.ts';
import { resumeEpoch, resumePhase } from './resume-phase.ts';
import type { Settings } from './settings.ts';
import type { Watches } from './watch-progress.ts';

/** What every use case of the runtime works with. */
export interface Context {
  settings: Settings;
  log: Logger;
  store: Store;
  provider: ClusterProvider;
  course: Course;
  images: LabImages;
  hub: Hub;
  jobs: Jobs;
  admission: Admission;
  watches: Watches;
  live: LiveChecks;
  idle: Idle;
  pool: Pool;
  meter: Meter;
}

/** The container images a lab stands on; made where they are missing. */
export interface LabImages {
  /** Makes sure an image is in the engine and answers its reference. */
  ensure(name: string, report: (detail: string) => void, signal: AbortSignal): Promise<string>;
  /** The engine's id of an image that was ensured. */
  idOf(name: string): string | undefined;
}

export function labOf(context: Pick<Context, 'course'>, id: string): CourseLab {
  const lab = Object.hasOwn(context.course.labs, id) ? context.course.labs[id] : undefined;
  if (lab === undefined) throw new Problem(404, 'no-such-lab', `There is no lab "${id}" in this course.`);
  return lab;
}

/** The containers a session points at. */
export function refOf(context: Pick<Context, 'settings'>, session: Pick<LabSession, 'instance' | 'instanceEpoch' | 'id'>): LabRef {
  if (session.instance === null) throw new Problem(409, 'no-containers', 'This lab has no containers.');
  return { instance: context.settings.instance, lab: session.instance, epoch: session.instanceEpoch };
}

/** Tells the session's pages its state. */
export function publishSession(context: Context, session: LabSession): void {
  context.hub.publish(session.id, { type: 'session', data: sessionView(session) });
}

type Phased = Pick<LabSession, 'id' | 'epoch' | 'lab' | 'state'>;

/** Tells the session's pages how far the making of the lab is, or its resuming. */
export async function publishPhases(context: Context, session: Phased): Promise<void> {
  context.hub.publish(session.id, { type: 'phases', data: await phaseViews(context, session) });
}

export async function phaseViews(context: Context, session: Phased) {
  const isPaused = session.state === 'paused';
  const [phases, estimates] = await Promise.all([
    context.store.phases.list(session.id, isPaused ? resumeEpoch(session) : session.epoch),
    context.store.phases.estimates(session.lab),
  ]);
  // A resume that is over says nothing of the next one, but how long that takes.
  const shown = isPaused && (phases.length === 0 || phases[0]?.state === 'done') ? [toCome] : phases;
  return { epoch: session.epoch, phases: shown.map((phase) => ({ ...phase, ...estimates[phase.id] })) };
}

const toCome: Phase = { ...resumePhase, state: 'waiting', startedAt: null, milliseconds: null, detail: null };

/** Writes a sentence into the lab's log and tells the session's pages. `kind` is stable. */
export async function tellLog(context: Context, session: Pick<LabSession, 'id' | 'epoch'>, kind: string, text: string): Promise<void> {
  const entry = await context.store.log.add(session.id, session.epoch, { kind, text });
  context.hub.publish(session.id, { type: 'log', data: entry });
}
