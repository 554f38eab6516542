import type { Place } from '#runtime/admission.ts';
import type { CheckResult, PhaseView, SessionView } from '#runtime/hub.ts';
import type { TaskDispute } from '#server/workspace/workspace.ts';
import type { Best, LabLogEntry } from '#store/port.ts';
import type { AnswerFields } from './answer-fields.ts';
import { LabProblem, request } from './api.ts';
import { followSession } from './events.ts';
import { type History, withTurn } from './history.ts';

/** What the server knew when it drew the page: its panel carries it, so that the first picture is the right one. */
export interface Known {
  session: SessionView | null;
  bests: readonly Pick<Best, 'task' | 'score' | 'status'>[];
  /** The tasks for which Check tries something in the lab. */
  trials: readonly string[];
  /** Of the session's epoch. */
  verdicts: readonly CheckResult[];
  history: History;
  /** What the learner said of verdicts, newest first. */
  disputes: readonly TaskDispute[];
}

/** Everything the page knows of its lab. Replaced as a whole at each change. */
export interface LabState {
  session: SessionView | null;
  phases: { epoch: number; phases: readonly PhaseView[] } | null;
  /** Latest verdict by task, of this epoch. */
  verdicts: ReadonlyMap<string, CheckResult>;
  /** What became of each task since this epoch began. */
  history: History;
  bests: ReadonlyMap<string, Known['bests'][number]>;
  disputes: Known['disputes'];
  connected: boolean;
  /** What happened to the lab, oldest first: since the page was opened, or all of it once `loadLog` was asked for. */
  log: readonly LabLogEntry[];
  /** Where it stands in line; null when it does not wait. */
  place: Place | null;
  /** When it will be paused because nobody does anything in it; null when that is off. */
  pausesAt: string | null;
  /** What was asked for and not answered yet: `start`, `end`, `reset`, `pause`, `resume`, `extend`, `stay`, `check` (all), `check:TASK`. */
  busy: ReadonlySet<string>;
  /** What was refused, by the same names, until it is asked for again. */
  problems: ReadonlyMap<string, LabProblem>;
}

export interface LabClient {
  state(): LabState;
  /** Calls `listener` at once and at every change. */
  subscribe(listener: (state: LabState) => void): void;
  start(): Promise<void>;
  /** Hands in what the task's fields hold, or those of all tasks, and judges. */
  check(task?: string): Promise<void>;
  /** From then on Check takes what these fields hold. */
  join(task: string, fields: AnswerFields): void;
  /** The learner said of an attempt that its verdict is wrong. */
  filed(dispute: TaskDispute): void;
  /** Whether a check (of a task, or of all) tries something in the lab. */
  tries(task?: string): boolean;
  reset(): Promise<void>;
  end(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** An hour during which it is not paused. */
  extend(): Promise<void>;
  /** The learner is there: it is not paused yet. */
  stay(): Promise<void>;
  /** Asks for everything that happened to the lab. */
  loadLog(): Promise<void>;
}

const clients = new Map<string, LabClient>();

/** The page's one client for a lab, shared by the panel and the tasks. */
export function labClient(lab: string): LabClient {
  const client = clients.get(lab) ?? createLabClient(lab);
  clients.set(lab, client);
  return client;
}

function drawn(lab: string): Known {
  const text = document.querySelector<HTMLElement>(`lab-panel[lab="${lab}"]`)?.dataset['known'];
  const nothing: Known = { session: null, bests: [], trials: [], verdicts: [], history: {}, disputes: [] };
  return text === undefined ? nothing : (JSON.parse(text) as Known);
}

/** Checks look at a live cluster, so they are given longer than the rest; those that try something there, longer still. */
const checkTimeout = 60_000;
const trialTimeout = 600_000;

function createLabClient(lab: string): LabClient {
  const known = drawn(lab);
  let state: LabState = {
    session: known.session,
    phases: null,
    verdicts: new Map(known.verdicts.map((result) => [result.task, result])),
    history: known.history,
    bests: new Map(known.bests.map((best) => [best.task, best])),
    disputes: known.disputes,
    connected: true,
    log: [],
    place: null,
    pausesAt: null,
    busy: new Set(),
    problems: new Map(),
  };
  const listeners = new Set<(state: LabState) => void>();
  const fields = new Map<string, AnswerFields>();
  let following: { id: string; stop: () => void } | null = null;

  const set = (change: Partial<LabState>) => {
    state = { ...state, ...change };
    for (const listener of listeners) listener(state);
  };

  const setSession = (session: SessionView | null) => {
    const anew = session?.id !== state.session?.id || session?.epoch !== state.session?.epoch;
    const another = session?.id !== state.session?.id ? { log: [] } : {};
    set({ session, ...(anew ? { verdicts: new Map(), history: {}, phases: null } : {}), ...another });
    follow(session !== null && session.state !== 'ended' ? session.id : null);
  };

  const follow = (id: string | null) => {
    if (following?.id === id) return;
    following?.stop();
    following = id === null ? null : { id, stop: followSession(id, listener) };
    if (id === null) set({ connected: true });
  };

  const setVerdict = (result: CheckResult) => {
    // The answer to a press of Check may come after what the server saw since.
    if ((state.verdicts.get(result.task)?.savedAt ?? '') > result.savedAt) return;
    const verdicts = new Map(state.verdicts).set(result.task, result);
    const bests = new Map(state.bests);
    const { score, status } = result.verdict;
    if (score > (bests.get(result.task)?.score ?? -1)) bests.set(result.task, { task: result.task, score, status });
    const turn = { at: result.savedAt, status, cause: result.cause };
    set({ verdicts, bests, history: withTurn(state.history, result.task, turn) });
  };

  const setLog = (entries: readonly LabLogEntry[]) => {
    const all = new Map([...state.log, ...entries].map((entry) => [entry.seq, entry]));
    set({ log: [...all.values()].sort((a, b) => a.seq - b.seq) });
  };

  const listener = {
    session: setSession,
    phases: (phases: LabState['phases']) => set({ phases }),
    verdict: setVerdict,
    history: (history: History) => set({ history }),
    log: (entry: LabLogEntry) => setLog([entry]),
    place: (place: Place | null) => set({ place }),
    idle: ({ pausesAt }: { pausesAt: string | null }) => set({ pausesAt }),
    connected: (connected: boolean) => {
      if (connected !== state.connected) set({ connected });
    },
  };

  const load = async () => {
    const answer = await request<{ session: SessionView | null; bests: readonly Best[] }>(`/api/labs/${lab}/session`);
    set({ bests: new Map(answer.bests.map((best) => [best.task, best])) });
    // A session that ended keeps its reason on the page until the next start.
    if (answer.session !== null || state.session?.state !== 'ended') setSession(answer.session);
  };

  /** Runs one thing at a time under its name, and keeps why it was refused. */
  const ask = async (name: string, work: () => Promise<void>) => {
    if (state.busy.has(name)) return;
    const without = () => new Map([...state.problems].filter(([of]) => of !== name));
    // One that is waited out stays in sight until there is another answer.
    const isWaitedOut = state.problems.get(name)?.retryAfter !== undefined;
    set({ busy: new Set(state.busy).add(name), problems: isWaitedOut ? state.problems : without() });
    try {
      await work();
      if (isWaitedOut) set({ problems: without() });
    } catch (error) {
      const problem =
        error instanceof LabProblem ? error : new LabProblem('page', 'This page made a mistake. Reload it.', { cause: error });
      if (problem.code === 'page') console.error(error);
      set({ problems: new Map(state.problems).set(name, problem) });
    }
    const busy = new Set(state.busy);
    busy.delete(name);
    set({ busy });
  };

  const post = async (path: string, body = {}) => setSession((await request<{ session: SessionView }>(path, body)).session);
  const tries = (task?: string) => known.trials.some((id) => task === undefined || id === task);
  const ofSession = (path: string) => {
    if (state.session === null) throw new LabProblem('no-session', 'There is no lab to do this with.', { advice: 'Start the lab first.' });
    return `/api/sessions/${state.session.id}/${path}`;
  };

  // Another tab may have started or ended the lab meanwhile.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void ask('load', load);
  });
  setSession(known.session);

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      listener(state);
    },
    tries,
    filed: (dispute) => set({ disputes: [dispute, ...state.disputes] }),
    start: () => ask('start', () => post(`/api/labs/${lab}/start`)),
    reset: () => ask('reset', () => post(ofSession('reset'))),
    end: () => ask('end', () => post(ofSession('end'))),
    pause: () => ask('pause', () => post(ofSession('pause'))),
    resume: () => ask('resume', () => post(ofSession('resume'))),
    extend: () => ask('extend', () => post(ofSession('extend'))),
    stay: () => ask('stay', () => post(ofSession('extend'), { stay: true })),
    loadLog: () => ask('log', async () => setLog((await request<{ entries: readonly LabLogEntry[] }>(ofSession('log'))).entries)),
    join: (task, its) => void fields.set(task, its),
    check: (task) =>
      ask(task === undefined ? 'check' : `check:${task}`, async () => {
        const asked = [...fields].filter(([id]) => task === undefined || id === task).map(([, its]) => its);
        const answers = Object.assign({}, ...asked.map((its) => its.answers())) as Record<string, string>;
        const timeout = tries(task) ? trialTimeout : checkTimeout;
        const { results } = await request<{ results: readonly CheckResult[] }>(ofSession('check'), { task, answers }, timeout);
        for (const its of asked) its.handedIn(answers);
        for (const result of results) setVerdict(result);
      }),
  };
}
