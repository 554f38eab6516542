import { z } from 'zod';
import type { JournalEntry } from './evidence.ts';
import type { Observation, ValueOf } from './observation.ts';
import type { Trials } from './trial.ts';
import type { WordTable } from './wording.ts';

export type Observations = Readonly<Record<string, Observation>>;
/** Observations whose every change is written into the session's journal from the lab's start. */
export type Witnesses = Readonly<Record<string, Observation<unknown, true>>>;

/** One entry of a witness's journal. `seen`: it is like this since `at`. `gap`: nobody watched between `value.from` and `at`. */
export type Entry<Value> = Pick<JournalEntry, 'seq' | 'at'> & ({ kind: 'seen'; value: Value } | { kind: 'gap'; value: { from: string } });

/** The schema of a witness's entries. */
export const entries = <Value>(witness: Observation<Value>) =>
  z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('seen'), seq: z.int(), at: z.string(), value: witness.value }),
      z.object({ kind: z.literal('gap'), seq: z.int(), at: z.string(), value: z.object({ from: z.string() }) }),
    ]),
  );

type Deciding<O extends Observations> = { [Name in keyof O]: O[Name] extends Observation<unknown, false> ? never : Name }[keyof O];

/** What `expect` and `settling` read: the values of the observations that decide, and the journals of the witnesses. */
export type Values<O extends Observations, W extends Witnesses> = { [Name in Deciding<O>]: ValueOf<O[Name]> } & {
  [Name in keyof W]: Entry<ValueOf<W[Name]>>[];
};

/** Whether a schema's input reads nothing that a value does not have: a field misspelt, or of another type, is refused by the compiler. */
type Reads<Input, Value> = unknown extends Input ? true : false extends (Input extends unknown ? Fits<Input, Value> : never) ? false : true;
/** One member of the input's union against any member of the value's. */
type Fits<Input, Value> = true extends (Value extends unknown ? Matches<Input, Value> : never) ? true : false;
type Matches<Input, Value> = Input extends null | undefined
  ? true
  : Input extends readonly (infer Part)[]
    ? Value extends readonly (infer Member)[]
      ? Reads<Part, Member>
      : false
    : Input extends object
      ? Exclude<keyof Input, keyof Value> extends never
        ? false extends { [Key in keyof Input]-?: Key extends keyof Value ? Reads<Input[Key], Value[Key]> : false }[keyof Input]
          ? false
          : true
        : false
      : [Input & Value] extends [never]
        ? false
        : true;

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
  tasks: Readonly<Record<string, Task>>;
}

export function defineGrader(grader: { words: { words: WordTable }; tasks: Grader['tasks'] }): Grader {
  return { words: grader.words.words, tasks: grader.tasks };
}

/** A task with all that judging it takes. */
export interface GradedTask extends Task {
  id: string;
  points: number;
  words: WordTable;
}

/** Joins `lab.yaml`'s tasks with their graders, in the lab's order. Throws when one lacks the other, or makes trials unannounced. */
export function gradedTasks(
  tasks: readonly { id: string; points: number; trial?: string | undefined }[],
  grader: Grader,
): readonly GradedTask[] {
  const unknown = Object.keys(grader.tasks).filter((id) => !tasks.some((task) => task.id === id));
  if (unknown.length > 0) throw new Error(`grade.ts judges ${unknown.join(', ')}, which lab.yaml does not have`);
  return tasks.map(({ id, points, trial }) => {
    const how = Object.hasOwn(grader.tasks, id) ? grader.tasks[id] : undefined;
    if (how === undefined) throw new Error(`grade.ts does not say how ${id} is judged`);
    if ((how.trial === null) !== (trial === undefined)) {
      throw new Error(
        trial === undefined ? `lab.yaml does not announce the trial of ${id}` : `${id} makes no trial; lab.yaml announces one`,
      );
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
