import { ClusterError, type StepEvent, type StepTitle } from '../port.ts';
import { throwIfAborted } from './engine.ts';

/** One part of making a lab. It may run twice, and begins when those in `after` have ended. */
export interface Step<Context> extends StepTitle {
  after: readonly string[];
  /** Milliseconds it may take. */
  limit: number;
  run(context: Context, detail: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/**
 * Runs steps as their predecessors allow, side by side where they can. The first failure stops the others and is thrown
 * when all of them have come to rest, naming its step: nothing is still being made when the caller cleans up.
 */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  report: (event: StepEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  const stop = AbortSignal.any([signal, failing.signal]);
  const running = new Map<string, Promise<void>>();
  let failure: unknown;

  const runOne = async (step: Step<Context>): Promise<void> => {
    await Promise.all(
      step.after.map((id) => {
        const before = running.get(id);
        if (!before) throw new TypeError(`step ${step.id} comes after ${id}, which is not listed before it`);
        return before;
      }),
    );
    throwIfAborted(stop, step.id);
    report({ id: step.id, state: 'begin', title: step.title });
    const began = performance.now();
    const limit = AbortSignal.timeout(step.limit);
    try {
      await step.run(context, (detail) => report({ id: step.id, state: 'detail', detail }), AbortSignal.any([stop, limit]));
    } catch (error) {
      if (!stop.aborted) failure = inStep(error, step, limit.aborted);
      throw error;
    }
    report({ id: step.id, state: 'end', milliseconds: Math.round(performance.now() - began) });
  };

  for (const step of steps) {
    const one = runOne(step);
    one.catch(() => failing.abort());
    running.set(step.id, one);
  }
  await Promise.allSettled(running.values());
  if (failure !== undefined) throw failure;
  throwIfAborted(signal, 'make the lab');
  await Promise.all(running.values());
}

function inStep(error: unknown, step: StepTitle & { limit: number }, isOverdue: boolean): ClusterError {
  const known = error instanceof ClusterError ? error : undefined;
  const code = isOverdue ? 'deadline' : (known?.code ?? 'step-failed');
  const message = isOverdue
    ? `"${step.title}" was not done within ${Math.round(step.limit / 1000)} s.`
    : (known?.message ?? `"${step.title}" failed.`);
  return new ClusterError(code, message, {
    step: step.id,
    command: known?.command,
    output: known?.output ?? (known ? undefined : String(error)),
    advice: known?.advice,
    cause: error,
  });
}
