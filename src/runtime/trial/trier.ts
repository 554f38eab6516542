import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Observed } from '#grading/evidence.ts';
import { type GradedTask, trialName } from '#grading/grader.ts';
import type { Change, Named, Trial, TrialRequest } from '#grading/trial.ts';
import type { JournalStore } from '#store/port.ts';
import { Blind, reasonOf } from '../observe/blind.ts';
import { NotMade } from './outcome.ts';
import { type ExactChange, type Prober, type ProberOptions, prober } from './prober.ts';
import { Undo, undoOf } from './take-back.ts';

export interface TrierOptions extends ProberOptions {
  journal: JournalStore;
  session: { id: string; epoch: number };
  /** Has witnesses see how the lab is, so that what a trial did to it is not seen after its end. */
  settled?: (signal: AbortSignal) => Promise<unknown>;
}

/** Makes the trials of tasks, one after another. */
export interface Trier {
  /** What came of each trial of a task, after what it changed was taken back. */
  tryTask(task: GradedTask, signal: AbortSignal): Promise<Record<string, Observed>>;
  close(): Promise<void>;
}

/** What the journal keeps of a trial, so that it is taken back whatever becomes of the server. */
const Kept = z.discriminatedUnion('state', [
  z.object({ state: z.literal('begun'), id: z.string(), trial: z.string(), cluster: z.string(), undo: z.array(Undo) }),
  /** `refused`: what the API server would not take back. */
  z.object({ state: z.literal('undone'), id: z.string(), refused: z.array(z.string()) }),
]);
type Begun = Extract<z.infer<typeof Kept>, { state: 'begun' }>;

type ChangeRequest = Extract<TrialRequest, { kind: 'trial.change' }>;

const pace = 500;
/** For taking back, whatever becomes of the check. */
const undoPatience = 30_000;

/** How long the trials of tasks may take, with what taking them back may. */
export function trialMilliseconds(tasks: readonly GradedTask[]): number {
  const requests = tasks.flatMap(({ trial }) => Object.values(trial?.observe ?? {}).map(({ request }) => request));
  return requests.reduce((sum, request) => sum + (request.kind === 'trial.change' ? 2 * request.within * 1000 + undoPatience : 5_000), 0);
}

export function trier(options: TrierOptions): Trier {
  const hands = prober(options);
  return {
    async tryTask({ id, trial }, signal) {
      const came: Record<string, Observed> = {};
      for (const [name, one] of Object.entries(trial?.observe ?? {})) {
        came[name] = await attempt(options, hands, id, name, one, signal)
          .then((value): Observed => ({ ok: true, value: z.json().parse(one.value.parse(value)) }))
          .catch((error: unknown): Observed => {
            signal.throwIfAborted();
            return { ok: false, reason: reasonOf(error, signal).slice(0, 2000) };
          });
      }
      return came;
    },
    close: () => hands.close(),
  };
}

/**
 * Takes back what trials left when the server went in their middle, or when the lab refused it, and answers how many it took back
 * and how many it could not. Call it when no trial is under way, for it takes back any.
 */
export async function undoLeftTrials(
  options: TrierOptions,
  tasks: readonly { id: string }[],
  signal: AbortSignal,
): Promise<{ done: number; left: number }> {
  const left = (await Promise.all(tasks.map(async ({ id }) => (await leftOf(options, id)).map((begun) => ({ id, begun }))))).flat();
  const hands = prober(options);
  let done = 0;
  try {
    for (const { id, begun } of left) {
      if (await tookBack(options, hands, id, begun, signal)) done += 1;
    }
  } finally {
    await hands.close();
  }
  return { done, left: left.length - done };
}

/** Tries for a while: after a restart of the host an API server may be slower than we are. */
async function tookBack(options: TrierOptions, hands: Prober, task: string, begun: Begun, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    try {
      await takeBack(options, hands, task, begun, signal);
      return true;
    } catch (error) {
      if (signal.aborted || error instanceof NotMade) return false;
      await delay(1000, undefined, { signal }).catch(() => {}); // The signal ends the trying, not the server's start.
    }
  }
}

async function attempt(options: TrierOptions, hands: Prober, task: string, name: string, { request, until }: Trial, signal: AbortSignal) {
  if (request.kind === 'trial.dryRun') {
    const { change, cluster, webhooks } = request;
    const target = change.verb === 'delete' ? await hands.named(cluster, change.target, signal) : null;
    if (change.verb === 'delete' && target === null) return absent;
    return await hands.change(cluster, exactly(change, target), { dryRun: true, webhooks }, signal);
  }
  if (until === null) throw new Blind(`the trial ${name} does not say what it waits for`);
  for (const begun of await leftOf(options, task)) await takeBack(options, hands, task, begun, signal);
  return await changeAndLook(options, hands, { task, name, request, until }, signal);
}

const absent = { accepted: false, status: 404, message: 'there is no such object' };

interface Making {
  task: string;
  name: string;
  request: ChangeRequest;
  until: NonNullable<Trial['until']>;
}

async function changeAndLook(options: TrierOptions, hands: Prober, making: Making, signal: AbortSignal) {
  const { task, name, request, until } = making;
  const { change, cluster, webhooks } = request;
  const look = () => options.observer.round(signal)(until.observation);
  const nothing = { target: null, before: null, held: false, seconds: 0, seen: null };
  const target = change.verb === 'create' ? null : await hands.named(cluster, change.target, signal);
  const object = target && (await hands.object(cluster, target, signal));
  if (change.verb !== 'create' && (target === null || object === null)) return { ...nothing, ...absent };
  const first = await look();
  if (!first.ok) throw new Blind(first.reason);

  const id = randomBytes(8).toString('hex');
  const begun: Begun = { state: 'begun', id, trial: name, cluster, undo: undoOf(request, object, id) };
  const about = { target: aboutOf(target, object), before: first.value };
  const never = () => takeBack(options, hands, task, { ...begun, undo: [] }, AbortSignal.timeout(undoPatience));
  const back = (uid?: string) => takeBack(options, hands, task, sure(begun, uid), AbortSignal.timeout(undoPatience), recovered);
  const recovered = async () => {
    if (until.restored) await waitFor(look, until.restored, request.within, signal).catch(() => {}); // It decides nothing.
  };
  await note(options, task, begun);
  const uid = change.verb === 'delete' ? (about.target?.uid ?? undefined) : undefined;
  const { object: made, ...answer } = await hands
    .change(cluster, exactly(change, target), { webhooks, uid, id }, signal)
    .catch(async (error: unknown) => {
      await (error instanceof NotMade ? never() : back());
      throw error;
    });
  if (!answer.accepted) {
    await never();
    if (change.verb === 'delete' && 'pod' in change.target) throw new Blind('the pod went while it was being tried');
    return { ...nothing, ...about, ...answer };
  }
  let refused: string[] = [];
  const came = await waitFor(look, until.holds, request.within, signal).finally(async () => {
    refused = await back(uidIn(made));
  });
  if (refused.length > 0) throw new Blind(`what it changed could not be put back: ${refused.join('; ')}`.slice(0, 2000));
  return { ...answer, ...about, ...came };
}

/** The change with the object it was found to be about. */
function exactly(change: Change, target: Named | null): ExactChange {
  if (change.verb !== 'delete') return change;
  if (target === null) throw new Blind('there is nothing to delete');
  return { verb: 'delete', target };
}

async function waitFor(look: () => Promise<Observed>, holds: z.ZodType, within: number, signal: AbortSignal) {
  const began = performance.now();
  for (;;) {
    const isLast = performance.now() - began >= within * 1000;
    const seen = await look();
    const held = seen.ok && holds.safeParse(seen.value).success;
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    if (seen.ok && (held || isLast)) return { held, seconds, seen: seen.value };
    if (!seen.ok && isLast) throw new Blind(`what came of it could not be seen: ${seen.reason}`);
    await delay(Math.max(0, Math.min(pace, within * 1000 - (performance.now() - began))), undefined, { signal });
  }
}

const Uid = z.object({ metadata: z.object({ uid: z.string() }) });
const uidIn = (object: unknown) => Uid.safeParse(object).data?.metadata.uid;

/** What was made is known by its UID as well, once it is known: its mark may be gone. */
function sure(begun: Begun, uid: string | undefined): Begun {
  if (uid === undefined) return begun;
  return { ...begun, undo: begun.undo.map((step) => (step.verb === 'take-away' ? { ...step, uid } : step)) };
}

function aboutOf(target: Named | null, object: unknown) {
  return target && { name: target.name, uid: uidIn(object) ?? null };
}

/**
 * The steps of taking back, last first; answers what the API server refused for good. What could not be tried throws, and is tried
 * again another time. The trial counts as under way until the lab has recovered.
 */
async function takeBack(
  options: TrierOptions,
  hands: Prober,
  task: string,
  { id, cluster, undo }: Begun,
  signal: AbortSignal,
  recovered: () => Promise<void> = async () => {},
): Promise<string[]> {
  const refused: string[] = [];
  for (const step of undo.toReversed()) {
    const message = await hands.undo(cluster, step, signal);
    if (message !== null) refused.push(message.slice(0, 500));
  }
  await recovered();
  if (undo.length > 0) await options.settled?.(signal).catch(() => {}); // What nobody could see stays a gap of its own.
  await note(options, task, { state: 'undone', id, refused });
  return refused;
}

async function note({ journal, session }: TrierOptions, task: string, value: z.infer<typeof Kept>): Promise<void> {
  const entry = { at: new Date().toISOString(), witness: trialName(task), kind: 'seen' as const, value: z.json().parse(value) };
  await journal.append(session.id, session.epoch, entry);
}

/** Trials of a task that were begun and not taken back. */
async function leftOf({ journal, session }: TrierOptions, task: string): Promise<Begun[]> {
  const entries = await journal.list(session.id, session.epoch, [trialName(task)]);
  const kept = entries.map(({ value }) => Kept.parse(value));
  const undone = new Set(kept.filter(({ state }) => state === 'undone').map(({ id }) => id));
  return kept.filter((one) => one.state === 'begun').filter(({ id }) => !undone.has(id));
}
