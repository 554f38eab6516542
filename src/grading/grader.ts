import { z } from 'zod';
import type { JournalEntry } from './evidence.ts';
import type { Observation, ValueOf } from './observation.ts';
import type { Reads } from './reads.ts';
import type { Trials } from './trial.ts';
import type { WordTable } from './wording.ts';

export type Observations = Readonly<Record<string, Observation>>;
/** Observations whose every change is written into the session's journal from the lab's start. */
export type Witnesses = Readonly<Record<string, Observation<unknown, true>>>;

/** Why nothing is known of a stretch of time: nobody could look, there was too much to keep, or a trial of ours was under way. */
const Gap = z.object({ from: z.string(), reason: z.enum(['too-many', 'too-large', 'trial']).optional() });
export type Gap = z.infer<typeof Gap>;
/** The gap of a trial that is not taken back yet, so that nobody knows when it ends. */
export const OpenGap = Gap.extend({ reason: z.literal('trial'), isOpen: z.literal(true) });

/** One entry of a witness's journal. `seen`: it is like this since `at`. `gap`: nothing is known of the time from `value.from` to `at`. */
export type Entry<Value> = Pick<JournalEntry, 'seq' | 'at'> & ({ kind: 'seen'; value: Value } | { kind: 'gap'; value: Gap });

/** The schema of a witness's entries. */
export const entries = <Value>(witness: Observation<Value>) =>
  z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('seen'), seq: z.int(), at: z.string(), value: witness.value }),
      z.object({ kind: z.literal('gap'), seq: z.int(), at: z.string(), value: Gap }),
    ]),
  );

type Deciding<O extends Observations> = { [Name in keyof O]: O[Name] extends Observation<unknown, false> ? never : Name }[keyof O];

/** What `expect` and `settling` read: the values of the observations that decide, and the journals of the witnesses. */
export type Values<O extends Observations, W extends Witnesses> = { [Name in Deciding<O>]: ValueOf<O[Name]> } & {
  [Name in keyof W]: Entry<ValueOf<W[Name]>>[];
};

export interface Task {
  /** `state` can turn red again; `once` stays passed until the lab is reset. */
  lasts: 'state' | 'once';
  observe: Observations;
  witness: Witnesses;
  expect: z.ZodType;
  /** Made when the learner presses Check and `expect` holds; then its own `expect` decides. Never part of live judging. */
  trial: { observe: Trials; expect: z.ZodType } | null;
  /** Holds while the cluster is still at work on what the learner asked of it. */
  settling: z.ZodType | null;
  /** For how long `settling` excuses, in seconds. */
  settlesWithin: number;
  /** The share of the points that is earned although these findings remain. Other findings earn nothing. */
  credit: Readonly<Record<string, number>>;
}

/** What a trial's `expect` reads: what `expect` read, and what came of each trial. */
export type TrialValues<O extends Observations, W extends Witnesses, T extends Trials> = Values<O, W> & {
  [Name in keyof T]: T[Name] extends { readonly value: z.ZodType<infer Value> } ? Value : never;
};

/** How one task is judged. `expect` and `settling` are schemas over the named values of `observe` and the entries of `witness`. */
export function task<
  O extends Observations,
  Expect extends z.ZodObject,
  W extends Witnesses = Record<never, never>,
  Settling extends z.ZodObject = z.ZodObject<Record<never, never>>,
  T extends Trials = Record<never, never>,
  Tried extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(definition: {
  lasts: Task['lasts'];
  observe: O;
  witness?: W;
  expect: Expect & (Reads<z.input<Expect>, Values<O, W>> extends true ? unknown : 'expect reads something that is not observed');
  settling?: Settling & (Reads<z.input<Settling>, Values<O, W>> extends true ? unknown : 'settling reads something that is not observed');
  trial?: {
    observe: T;
    expect: Tried &
      (Reads<z.input<Tried>, TrialValues<O, W, T>> extends true ? unknown : 'expect reads something that is not observed or tried');
  };
  settlesWithin?: number;
  credit?: Task['credit'];
}): Task {
  const { lasts, observe, witness = {}, expect, trial = null, settling = null, settlesWithin = 90, credit = {} } = definition;
  return { lasts, observe, witness, expect, trial, settling, settlesWithin, credit };
}

/** What `grade.ts` exports: how each task of `lab.yaml` is judged, and the words its reasons are told in. */
export interface Grader {
  words: WordTable;
  /** The same words in other languages, by BCP 47 tag. */
  translations: Readonly<Record<string, WordTable>>;
  tasks: Readonly<Record<string, Task>>;
}

export function defineGrader(grader: { words: Pick<Grader, 'words'> & Partial<Grader>; tasks: Grader['tasks'] }): Grader {
  const { words, translations = {} } = grader.words;
  return { words, translations, tasks: grader.tasks };
}

/** A task with all that judging it takes. */
export interface GradedTask extends Task {
  id: string;
  points: number;
  words: WordTable;
}

/** What a grader needs to know of a task of `lab.yaml`. */
export interface LabTask {
  id: string;
  points: number;
  trial?: string | undefined;
  answers?: readonly { id: string }[];
}

/** Joins `lab.yaml`'s tasks with their graders, in the lab's order. Throws when one lacks what the other has. */
export function gradedTasks(tasks: readonly LabTask[], grader: Pick<Grader, 'words' | 'tasks'>): readonly GradedTask[] {
  const unknown = Object.keys(grader.tasks).filter((id) => !tasks.some((task) => task.id === id));
  if (unknown.length > 0) throw new Error(`grade.ts judges ${unknown.join(', ')}, which lab.yaml does not have`);
  const fields = new Set(tasks.flatMap(({ answers = [] }) => answers.map(({ id }) => id)));
  return tasks.map(({ id, points, trial }) => {
    const how = Object.hasOwn(grader.tasks, id) ? grader.tasks[id] : undefined;
    if (how === undefined) throw new Error(`grade.ts does not say how ${id} is judged`);
    if (how.trial !== null && trial === undefined) throw new Error(`lab.yaml does not announce the trial of ${id}`);
    if (how.trial === null && trial !== undefined) throw new Error(`${id} makes no trial; lab.yaml announces one`);
    for (const { request } of [...Object.values(how.observe), ...Object.values(how.witness)]) {
      if (request.kind === 'answer' && !fields.has(request.field)) {
        throw new Error(`${id} reads the answer ${request.field}, which lab.yaml does not ask for`);
      }
    }
    return { ...how, id, points, words: grader.words };
  });
}

/** The name of a task's witness in the session's journal. */
export const journalName = (task: string, witness: string) => `${task}.${witness}`;
/** The journal entry that keeps a `once` task passed. */
export const passedName = (task: string) => `${task}:passed`;
/** What the learner typed into a field of a task. */
export const answerName = (task: string, field: string) => `${task}:answer:${field}`;
/** That a trial of a task was begun, and that it was taken back. */
export const trialName = (task: string) => `${task}:trial`;
