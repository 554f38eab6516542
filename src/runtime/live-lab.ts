import type { GradedTask } from '#grading/grader.ts';
import { type Clock, plans } from './clock.ts';
import { costOf, type Interest, interestsOf, isTold, isToldByObjects } from './observe/behind.ts';
import type { InformerEvent } from './observe/informer.ts';
import type { Observer, Round } from './observe/observer.ts';

/** One lab that is judged by itself. It decides when; `judge` does it. */
export interface LiveLab {
  /** Whether a page of the session is open: then all that its tasks observe is followed, else only what witnesses name. */
  present(isPresent: boolean): void;
  /** Something happened that these tasks, or all, may turn by. */
  mark(tasks?: readonly string[]): void;
  /** Judges these tasks once more, a while later. */
  later(tasks: readonly string[]): void;
  /** Stops and waits for what is under way. */
  close(): Promise<void>;
}

/** `again`: it could not be judged now. `settling`: by itself it becomes another verdict. `over`: it is passed for good. */
export type Judged = 'done' | 'again' | 'settling' | 'over';

export interface LiveLabOptions {
  observer: Pick<Observer, 'round' | 'informers'>;
  tasks: readonly GradedTask[];
  judge: (task: GradedTask, round: Round, signal: AbortSignal) => Promise<Judged>;
  onError: (error: unknown) => void;
  clock: Clock;
}

/** After a change, so that what changes together is judged together. */
const soon = 100;
/** Between the beginnings of two rounds, however much changes. */
const gap = 500;
/** What follows a change shows itself a moment later: a pod has to start listening. */
const onceMore = 1_000;
const settlingPace = 4_000;
/** What no object tells of is looked at this often. */
const probePace = 10_000;
/** How often the rest is judged although nothing is known to have changed. */
const insurance = 60_000;
/** A page that is opened again within this time finds everything as it was. */
const grace = 20_000;

interface LiveTask {
  task: GradedTask;
  interests: readonly Interest[];
  probes: boolean;
  judgedAt: number;
  isMarked: boolean;
  isRunning: boolean;
  isOver: boolean;
}

/** Judges a task when something behind it has changed: at most two rounds a second, each task by itself, so that none waits for another's probe. */
export function liveLab({ observer, tasks, judge, onError, clock }: LiveLabOptions): LiveLab {
  const stop = new AbortController();
  const requestsOf = (task: GradedTask) => Object.values(task.observe).map(({ request }) => request);
  const all = tasks.map((task): LiveTask => {
    const requests = requestsOf(task);
    const probes = requests.some((request) => !isToldByObjects(request));
    const state = { judgedAt: 0, isMarked: false, isRunning: false, isOver: false };
    return { task, interests: requests.flatMap(interestsOf), probes, ...state };
  });
  // At most one request a second of an idle lab, and as many again for its witnesses.
  const pace = Math.max(probePace, 1000 * tasks.flatMap(requestsOf).reduce((sum, request) => sum + costOf(request), 0));
  const { plan, replan, callOff, callOffAll } = plans(clock);
  const running = new Set<Promise<void>>();
  const changed = new Set<LiveTask>();
  let roundAt = Number.NEGATIVE_INFINITY;
  let isPresent = false;

  function markThese(some: readonly LiveTask[]): void {
    for (const one of some) one.isMarked = !one.isOver;
    if (some.some(({ isMarked, isRunning }) => isMarked && !isRunning)) {
      plan('round', Math.max(soon, roundAt + gap - clock.now()), beginRound);
    }
  }

  function beginRound(): void {
    roundAt = clock.now();
    const due = all.filter(({ isMarked, isRunning, isOver }) => isMarked && !isRunning && !isOver);
    // A round ends by its own deadline. A signal made of this one for each round would be kept for as long as the lab is watched.
    const round = observer.round(stop.signal, { informed: true });
    for (const one of due) {
      one.isMarked = false;
      one.isRunning = true;
      one.judgedAt = roundAt;
      const done = judge(one.task, round, stop.signal)
        .then((judged) => heed(one, judged))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) onError(error);
        })
        .finally(() => {
          one.isRunning = false;
          running.delete(done);
          if (one.isMarked) markThese([one]);
        });
      running.add(done);
    }
  }

  function heed(one: LiveTask, judged: Judged): void {
    if (judged === 'again') one.isMarked = true;
    if (judged === 'settling') later([one.task.id]);
    if (judged !== 'over') return;
    one.isOver = true;
    if (isPresent) follow();
  }

  function onEvent(list: string, event: InformerEvent): void {
    if (!isPresent || event.type === 'blind') return;
    const concerned = all.filter(({ interests }) => isTold(interests, list, event));
    if (concerned.length === 0) return;
    markThese(concerned);
    for (const one of concerned) if (one.probes) changed.add(one);
    if (changed.size === 0) return;
    replan('once more', onceMore, () => {
      markThese([...changed]);
      changed.clear();
    });
  }

  function paced(): void {
    const now = clock.now();
    // What was judged a moment ago, because something changed, waits for the next time.
    markThese(all.filter(({ probes, judgedAt }) => now - judgedAt >= (probes ? pace : insurance) / 2));
    plan('pace', pace, paced);
  }

  const follow = () =>
    observer.informers.keep(
      'page',
      all.filter(({ isOver }) => !isOver).flatMap(({ interests }) => interests.map(({ list }) => list)),
    );
  const unsubscribe = observer.informers.onEvent(onEvent);

  const mark = (ids?: readonly string[]) => markThese(ids ? all.filter(({ task }) => ids.includes(task.id)) : all);
  function later(ids: readonly string[]): void {
    for (const id of ids) plan(`settling ${id}`, settlingPace, () => mark([id]));
  }

  return {
    present(now) {
      if (stop.signal.aborted) return;
      if (now) {
        callOff('grace');
        if (isPresent) return;
        isPresent = true;
        follow();
        mark();
        plan('pace', pace, paced);
      } else if (isPresent) {
        plan('grace', grace, () => {
          isPresent = false;
          callOff('pace');
          callOff('once more');
          observer.informers.keep('page', []);
        });
      }
    },
    mark,
    later,
    async close() {
      stop.abort(new Error('the lab is no longer watched'));
      unsubscribe();
      callOffAll();
      await Promise.all(running);
    },
  };
}
