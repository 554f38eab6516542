import { ClusterError, type LabAccess, type LabSpec, type StepEvent, type StepTitle } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, labOf, publishPhases, publishSession, refOf } from './context.ts';
import { labSpec, withImages } from './lab-spec.ts';
import { reasonOf } from './problem.ts';
import { lasting, tell } from './tell.ts';

const clearPhase = { id: 'clear-away', title: 'Remove what was there' };
const imagesPhase = { id: 'container-images', title: 'Make sure the container images are there' };

/**
 * Makes the containers of a session in state `starting` and moves it on to `ready`, or to `failed` with the reason.
 * What an earlier try left behind is removed first, so it can run again after a crash at any point.
 * Does nothing when the row says otherwise by now. An abort leaves the row as it is: whoever aborted decides what follows.
 */
export async function makeLab(context: Context, session: LabSession, signal: AbortSignal): Promise<void> {
  const { store, provider, log } = context;
  const row = await store.sessions.get(session.id);
  if (row?.state !== 'starting' || row.epoch !== session.epoch) return;
  const lab = labOf(context, session.lab);
  const ref = refOf(context, session);
  const record = recorder(context, session);
  try {
    const draft = labSpec(lab, ref);
    const before = row.epoch > 1 ? [clearPhase] : [];
    await store.phases.plan(session.id, session.epoch, [...before, imagesPhase, ...provider.steps(draft)]);
    await publishPhases(context, session);
    await timed(record.report, clearPhase, () => provider.remove({ instance: ref.instance, lab: ref.lab }, signal));
    const spec = await imagesFirst(context, draft, record.report, signal);
    const access = await provider.create(spec, record.report, signal);
    await record.settled();
    await becomeReady(context, row, access);
  } catch (error) {
    await record.settled();
    if (signal.aborted) throw error;
    log.warn({ err: error, session: session.id, lab: session.lab }, 'a lab could not be made');
    // Steps run side by side: the one that failed need not be the last that began.
    await record.fail(error instanceof ClusterError ? error.step : undefined, reasonOf(error).message);
    const failed = await store.sessions.move(session.id, 'fail', { reason: reasonOf(error) });
    if (!failed) return;
    publishSession(context, failed);
    await tell(context, failed, 'failed', `The lab could not be started: ${reasonOf(error).message}`);
  }
}

/** Runs a phase of ours, and tells how long it took. */
async function timed<T>(report: (event: StepEvent) => void, phase: StepTitle, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  report({ state: 'begin', ...phase });
  const result = await work();
  report({ state: 'end', id: phase.id, milliseconds: Math.round(performance.now() - began) });
  return result;
}

/** `withImages` as the first phase. */
async function imagesFirst(context: Context, draft: LabSpec, report: (event: StepEvent) => void, signal: AbortSignal): Promise<LabSpec> {
  const detail = (text: string) => report({ state: 'detail', id: imagesPhase.id, detail: text });
  return await timed(report, imagesPhase, () => withImages(context.images, draft, detail, signal));
}

async function becomeReady(context: Context, session: LabSession, access: LabAccess): Promise<void> {
  // First, so that the journal misses nothing that the learner does.
  await context.watches.begin(session, access);
  const ready = await context.store.sessions.move(session.id, 'ready');
  if (!ready) return;
  publishSession(context, ready);
  const took = lasting(Date.parse(ready.changedAt) - Date.parse(session.changedAt));
  await tell(context, ready, 'ready', `The lab was ready after ${took}.`);
}

/** Writes phases in the order they happened, one at a time, and tells the pages. */
function recorder(context: Context, session: LabSession) {
  const { store, log } = context;
  let tail: Promise<void> = Promise.resolve();
  const running = new Set<string>();
  const write = (work: () => Promise<void>) => {
    tail = tail
      .then(work)
      .then(() => publishPhases(context, session))
      .catch((error: unknown) => log.error({ err: error, session: session.id }, 'a phase could not be written'));
  };
  return {
    report(event: StepEvent) {
      if (event.state === 'begin') {
        running.add(event.id);
        write(() => store.phases.begin(session.id, session.epoch, event.id));
      } else if (event.state === 'detail') {
        write(() => store.phases.detail(session.id, session.epoch, event.id, event.detail));
      } else {
        running.delete(event.id);
        write(() => store.phases.end(session.id, session.epoch, event.id, event.milliseconds));
      }
    },
    settled: () => tail,
    async fail(step: string | undefined, detail: string) {
      const id = step !== undefined && running.has(step) ? step : [...running].at(-1);
      if (id === undefined) return;
      write(() => store.phases.fail(session.id, session.epoch, id, detail));
      await tail;
    },
  };
}
