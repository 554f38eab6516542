import type { StepEvent, StepTitle } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, publishPhases } from './context.ts';

/** The phases of a start, written in the order they happened, one at a time, and told to the session's pages. */
export interface PhaseRecord {
  /** Begins the list anew; what is done already is said to be. */
  plan(phases: readonly StepTitle[], done?: Readonly<Record<string, number>>): void;
  report(event: StepEvent): void;
  /** Runs a phase of ours, and tells how long it took. */
  during<T>(phase: StepTitle, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** Of the steps that run side by side, the one that failed need not be the last that began. */
  fail(step: string | undefined, detail: string): Promise<void>;
  /** All that was told is written. */
  settled(): Promise<void>;
}

export function recordPhases(context: Context, session: LabSession): PhaseRecord {
  const { store, log } = context;
  const { id: of, epoch } = session;
  const running = new Set<string>();
  let tail: Promise<void> = Promise.resolve();
  const write = (work: () => Promise<void>) => {
    tail = tail
      .then(work)
      .then(() => publishPhases(context, session))
      .catch((error: unknown) => log.error({ err: error, session: of }, 'a phase could not be written'));
  };
  const report = (event: StepEvent) => {
    if (event.state === 'begin') {
      running.add(event.id);
      write(() => store.phases.begin(of, epoch, event.id));
    } else if (event.state === 'detail') {
      write(() => store.phases.detail(of, epoch, event.id, event.detail));
    } else {
      running.delete(event.id);
      write(() => store.phases.end(of, epoch, event.id, event.milliseconds));
    }
  };
  return {
    report,
    settled: () => tail,
    plan(phases, done = {}) {
      running.clear();
      write(async () => {
        await store.phases.plan(of, epoch, phases);
        for (const [id, milliseconds] of Object.entries(done)) await store.phases.end(of, epoch, id, milliseconds);
      });
    },
    async during(phase, work) {
      const began = performance.now();
      report({ state: 'begin', ...phase });
      const result = await work((detail) => report({ state: 'detail', id: phase.id, detail }));
      report({ state: 'end', id: phase.id, milliseconds: Math.round(performance.now() - began) });
      return result;
    },
    async fail(step, detail) {
      const id = step !== undefined && running.has(step) ? step : [...running].at(-1);
      if (id !== undefined) write(() => store.phases.fail(of, epoch, id, detail));
      await tail;
    },
  };
}
