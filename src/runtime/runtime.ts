import Dockerode from 'dockerode';
import { pino } from 'pino';
import { kindProvider } from '#cluster/kind/provider.ts';
import { metered } from '#cluster/metered.ts';
import { holdFolder } from '#store/only-one.ts';
import { openStore } from '#store/open.ts';
import type { LabSession, Person, Store, TaskHistory } from '#store/port.ts';
import { admission } from './admission.ts';
import { checkLab } from './check-lab.ts';
import { type Context, labOf, phaseViews } from './context.ts';
import { type Course, type CourseLab, loadCourse } from './course.ts';
import { endLab } from './end-lab.ts';
import { extendLab, stayInLab } from './extend-lab.ts';
import type { Answers } from './grade/answers.ts';
import { type CheckResult, hub, type PhaseView } from './hub.ts';
import { idleLabs } from './idle.ts';
import { jobs } from './jobs.ts';
import { labImages } from './lab-images.ts';
import { liveChecks } from './live-checks.ts';
import { measuring } from './measure-labs.ts';
import { meter } from './meter.ts';
import { pauseForStop, pauseLab } from './pause-lab.ts';
import { labPool } from './pool.ts';
import { keepReconciled } from './reconcile.ts';
import { reloadGraders } from './reload-graders.ts';
import { comeBack, resumeLab } from './resume-lab.ts';
import { keptSecret, readSettings, type Settings } from './settings.ts';
import { admit, resetLab, startLab } from './start-lab.ts';
import { diskWatch } from './watch-disk.ts';
import { watches } from './watch-progress.ts';

/** Everything a page, endpoint or socket may ask for. */
export interface Runtime {
  context: Context;
  store: Store;
  course: Course;
  /** Throws a 404 `Problem` for a lab the course does not have. */
  lab(id: string): CourseLab;
  start(person: Person, lab: string): Promise<{ session: LabSession; created: boolean }>;
  reset(session: LabSession): Promise<LabSession>;
  end(session: LabSession): Promise<LabSession>;
  pause(session: LabSession): Promise<LabSession>;
  /** Answers at once; the row says `ready` when the lab is. */
  resume(session: LabSession): Promise<LabSession>;
  /** Its page is open: a lab that was paused only because the site stopped goes on. */
  comeBack(session: LabSession): Promise<void>;
  /** Keeps a lab from being paused: for an hour, or because its learner is there now. */
  extend(session: LabSession): Promise<LabSession>;
  stay(session: LabSession): Promise<LabSession>;
  /** Judges one task, or all, and stores the attempts; what the learner typed is kept first. */
  check(session: LabSession, task: string | undefined, answers?: Answers): Promise<readonly CheckResult[]>;
  /** All that a page shows of a session. */
  state(id: string): Promise<SessionState | null>;
  /** Begins to mend rows and containers, now and from then on. Once the site is served: a start that failed must touch nothing. */
  begin(): void;
  /** Pauses the labs, stops watching and closes the database. */
  close(): Promise<void>;
}

export interface SessionState {
  session: LabSession;
  phases: { epoch: number; phases: readonly PhaseView[] };
  /** The latest of each task. */
  verdicts: readonly CheckResult[];
  /** By task: when it first passed, and each time it turned, in this epoch. */
  history: Readonly<Record<string, TaskHistory>>;
}

/** Whoever stops the site waits no longer than this for its labs to be paused; those that are not by then run on. */
const stopMilliseconds = 6_000;

const key = Symbol.for('slipway.runtime');
const kept = globalThis as typeof globalThis & { [key]?: Promise<Runtime> };

/** The one runtime of this process; it survives a module reload in development. */
export function currentRuntime(): Promise<Runtime> {
  kept[key] ??= buildRuntime(readSettings()).then((runtime) => {
    runtime.begin();
    return runtime;
  });
  return kept[key];
}

/** Builds the adapters: the only place that knows which there are. */
export function buildRuntime(settings: Settings): Promise<Runtime> {
  kept[key] = build(settings);
  return kept[key];
}

async function build(settings: Settings): Promise<Runtime> {
  const log = pino({ level: settings.log, redact: { paths: ['*.token', '*.key', '*.secret', '*.cookie'], censor: '(removed)' } });
  const course = loadCourse(settings.course);
  const held = holdFolder(settings.data);
  const calls = meter();
  const store = await openStore({
    folder: settings.data,
    ...(settings.databaseUrl ? { url: settings.databaseUrl } : {}),
    told: (call) => calls.told({ of: 'store', ...call }),
  });
  const docker = metered(new Dockerode(), (call) => calls.told({ of: 'engine', ...call }));
  const images = labImages(docker, settings.root);
  const provider = kindProvider({
    docker,
    nodeImage: () => images.ensure('node', () => {}, AbortSignal.timeout(60_000)),
    gatewayImage: () => images.ensure('gateway', () => {}, AbortSignal.timeout(60_000)),
  });
  const events = hub();
  const stop = new AbortController();
  const live = liveChecks(() => context);
  const idle = idleLabs(() => context);
  const pool = labPool(() => context);
  const base = { settings, log, store, provider, course, images, live, idle, pool, hub: events, meter: calls };
  const context: Context = {
    ...base,
    jobs: jobs((session, error) => log.error({ err: error, session }, 'work on a lab ended badly; the reconciler takes over')),
    watches: watches(base, keptSecret(settings.data)),
    admission: admission(() => context, admit),
  };
  let reconciling: Promise<unknown> | undefined;
  return {
    context,
    store,
    course,
    lab: (id) => labOf(context, id),
    start: (person, lab) => startLab(context, person, lab),
    reset: (session) => resetLab(context, session),
    end: (session) => endLab(context, session),
    pause: (session) => pauseLab(context, session),
    resume: (session) => resumeLab(context, session),
    comeBack: (session) => comeBack(context, session),
    extend: (session) => extendLab(context, session),
    stay: (session) => stayInLab(context, session),
    check: (session, task, answers) => checkLab(context, session, task, answers),
    async state(id) {
      const session = await store.sessions.get(id);
      if (session === null) return null;
      const [phases, latest, history] = await Promise.all([
        phaseViews(context, session),
        store.attempts.latest(id, session.epoch),
        store.attempts.history(id, session.epoch),
      ]);
      const verdicts = latest.map(({ task, verdict, at, attempt }) => ({ task, verdict, savedAt: at, attempt }));
      return { session, phases, verdicts, history };
    },
    begin() {
      if (settings.engine && settings.reload && reconciling === undefined) reloadGraders(context, stop.signal);
      if (settings.engine)
        reconciling ??= Promise.all([
          keepReconciled(context, stop.signal),
          ...[idle, pool, measuring(() => context), diskWatch(() => context)].map((each) => each.keep(stop.signal)),
        ]);
    },
    async close() {
      stop.abort(new Error('the server is stopping'));
      await context.admission.close();
      await live.close();
      if (settings.engine) await pauseForStop(context, stopMilliseconds);
      await context.jobs.close();
      await context.watches.close();
      await reconciling;
      await store.close();
      held.release();
    },
  };
}
