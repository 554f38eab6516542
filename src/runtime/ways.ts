import { ClusterError, type LabAccess, type LabSpec } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { captureKey, goodCapture, refuseCapture } from './captures.ts';
import { type Context, labOf, refOf } from './context.ts';
import { clearInstance } from './end-lab.ts';
import { labSpec, withImages } from './lab-spec.ts';
import type { PhaseRecord } from './record-phases.ts';

const claimPhase = { id: 'claim', title: 'Wake a lab that stands ready' };
const clearPhase = { id: 'clear-away', title: 'Remove what was there' };
const imagesPhase = { id: 'container-images', title: 'Make sure the container images are there' };
/** A spare that does not wake up within this time is given up: another way is not much slower. */
const wakeMilliseconds = 10_000;

/** A lab that stands for a session, which may have other containers than when it was asked for. */
export interface Made {
  session: LabSession;
  access: LabAccess;
}

/**
 * Makes the lab of a session in state `starting` by the fastest way that there is: a spare that stands ready, else a capture, else from
 * nothing. Null when the session moved on meanwhile.
 */
export async function makeByWay(context: Context, session: LabSession, record: PhaseRecord, signal: AbortSignal): Promise<Made | null> {
  for (let row = await ensureContainers(context, session); row !== null; row = await otherContainers(context, row)) {
    if (row.way !== 'warm') return { session: row, access: await makeAnew(context, row, record, signal) };
    const access = await wake(context, row, record, signal);
    if (access !== null) return { session: row, access };
  }
  return null;
}

/** The session, once it has a row of containers of this epoch: after a reset it still has those of before. */
async function ensureContainers(context: Context, session: LabSession): Promise<LabSession | null> {
  const instance = session.instance === null ? null : await context.store.instances.get(session.instance);
  const hasItsOwn = instance?.intent === 'present' && instance.epoch === session.instanceEpoch;
  return hasItsOwn ? session : await otherContainers(context, session);
}

/** The session with other containers: a spare, or those that are to be made. Null when it does not start any more. */
async function otherContainers(context: Context, { id, instance }: LabSession): Promise<LabSession | null> {
  const { sessions } = context.store;
  const claimed = await sessions.claim(id);
  if (claimed !== null) return claimed;
  const renewed = await sessions.renew(id);
  if (renewed !== null && instance !== null) void clearInstance(context, instance);
  return renewed;
}

/** Lets a claimed spare go on; null when it cannot be woken up. */
async function wake(context: Context, session: LabSession, record: PhaseRecord, signal: AbortSignal): Promise<LabAccess | null> {
  const { provider, store, pool, log } = context;
  const ref = refOf(context, session);
  record.plan([claimPhase]);
  try {
    return await record.during(claimPhase, async (report) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(wakeMilliseconds)]);
      const spare = await store.instances.get(ref.lab);
      const known = await pool.heartbeats.letGo({ id: ref.lab, readyAt: spare?.readyAt ?? session.changedAt });
      const [{ missing }, condition] = await Promise.all([
        provider.resume(ref, { report, pausedFor: known.stillFor, access: known.access ?? undefined }, limit),
        provider.condition(ref, limit),
      ]);
      if (missing.length > 0) throw new ClusterError('deadline', missing.join(' '));
      const access = known.access ?? (await provider.open(ref, limit));
      if (access === null || condition === 'gone') throw new ClusterError('gone', 'A part of the lab that stood ready has stopped.');
      return access;
    });
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error, session: session.id, instance: ref.lab }, 'a lab that stood ready could not be woken up; another is made');
    return null;
  }
}

/** What an earlier try left behind is removed first, so that it can run again after a crash at any point. */
async function makeAnew(context: Context, session: LabSession, record: PhaseRecord, signal: AbortSignal): Promise<LabAccess> {
  const { store, provider, images, log } = context;
  context.pool.standAside();
  const lab = labOf(context, session.lab);
  const ref = refOf(context, session);
  const draft = labSpec(lab, ref);
  const before = (await store.phases.list(session.id, session.epoch)).some(({ state }) => state !== 'waiting') ? [clearPhase] : [];
  const likely = await goodCapture(context, lab);
  record.plan([...before, imagesPhase, ...(likely ? restoreSteps(context, draft) : provider.steps(draft))]);
  await record.during(clearPhase, () => provider.remove({ instance: ref.instance, lab: ref.lab }, signal));
  const began = performance.now();
  const spec = await record.during(imagesPhase, (detail) => withImages(images, draft, detail, signal));
  const imagesTook = { [imagesPhase.id]: Math.round(performance.now() - began) };
  if (likely !== null && likely === captureKey(images, lab, spec)) {
    await store.sessions.setWay(session.id, 'restored');
    try {
      return await restore(context, likely, spec, record, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, session: session.id, capture: likely }, 'a lab could not be made from its capture; it is made from nothing');
      await refuseCapture(context, likely, error);
    }
  }
  if (likely !== null) record.plan([imagesPhase, ...provider.steps(draft)], imagesTook);
  await store.sessions.setWay(session.id, 'cold');
  return await provider.create(spec, record.report, signal);
}

/** Phases have the name of their way: what a step takes in one way says nothing about it in another. */
const restored = (id: string) => `restored-${id}`;

function restoreSteps({ provider }: Pick<Context, 'provider'>, spec: LabSpec) {
  return (provider.captures?.steps(spec) ?? []).map(({ id, title }) => ({ id: restored(id), title }));
}

async function restore(context: Context, key: string, spec: LabSpec, record: PhaseRecord, signal: AbortSignal): Promise<LabAccess> {
  const { captures } = context.provider;
  if (captures === undefined) throw new ClusterError('no-capture', 'Labs cannot be made from captures here.');
  const access = await captures.restore(key, spec, (event) => record.report({ ...event, id: restored(event.id) }), signal);
  await context.store.captures.set(key, { usedAt: new Date().toISOString() });
  return access;
}
