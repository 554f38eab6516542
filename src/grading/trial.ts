import { z } from 'zod';
import type { Observation, Place, Request, Selection } from './observation.ts';
import type { Reads } from './reads.ts';

type Json = z.core.util.JSONType;

/** An object as it is sent to the API server. Its name is fixed: what a trial makes must be found again to be taken away. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Readonly<Record<string, Json>>;
} & Readonly<Record<string, Json>>;

/** An object by name. */
export interface Named {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** An object by name, or one of the pods of a selection: the first by name that runs. */
export type Target = Named | { pod: Selection };

/** Something done to a lab by its prober, with rights that lab.yaml declares (`prober`). */
export type Change =
  | { verb: 'create'; manifest: Manifest }
  | { verb: 'delete'; target: Target }
  /** A merge patch (RFC 7386). */
  | { verb: 'patch'; target: Named; patch: Readonly<Record<string, Json>> };

export type TrialRequest =
  | { kind: 'trial.dryRun'; cluster: string; change: Change; webhooks: boolean }
  | {
      kind: 'trial.change';
      cluster: string;
      change: Change;
      webhooks: boolean;
      /** Null: what the change touched is put back as it was. */
      undo: readonly Change[] | null;
      until: Request;
      within: number;
    };

/** What a trial does, and the schema of what comes of it. */
export interface Trial<Value = unknown> {
  readonly request: TrialRequest;
  readonly value: z.ZodType<Value>;
  /** For `trial.change`: what is looked at until it holds. */
  readonly until: { readonly observation: Observation; readonly holds: z.ZodType; readonly restored: z.ZodType | null } | null;
}

interface Options extends Place {
  /**
   * True: that an admission webhook denies the change is an answer, for tasks that are about one. Else it means that we could
   * not try: a webhook of the learner's that denies everything must not fail a task that is not about it.
   */
  webhooks?: boolean;
}

/** `accepted: false` when the API server refused, with its words (hostile text). */
const Accepted = { accepted: z.boolean(), status: z.int(), message: z.string().max(2000) };
const DryRun = z.object(Accepted);

/** Longest that a trial may look for, in seconds. */
export const longestTrial = 120;

export const trial = {
  /** Whether the API server would accept a change, admission and all; nothing is kept of it. */
  dryRun: (change: Change, { cluster = 'main', webhooks = false }: Options = {}): Trial<z.infer<typeof DryRun>> => ({
    request: { kind: 'trial.dryRun', cluster, change, webhooks },
    value: DryRun,
    until: null,
  }),

  /**
   * Makes a change, looks until `holds` (at most `within` seconds), and takes it back in any case, also after a crash of the
   * server in the middle. Without `undo`, what was made is deleted, what was patched gets its fields back, and what was deleted
   * is made again unless a controller of the cluster does so. An `undo` of your own must be right to do twice.
   */
  change: <Seen, Holds extends z.ZodType, Restored extends z.ZodType = z.ZodNever>(
    change: Change,
    {
      undo,
      until,
      holds,
      restored,
      within,
      cluster = 'main',
      webhooks = false,
    }: Options & {
      undo?: readonly Change[];
      until: Observation<Seen>;
      holds: Holds & (Reads<z.input<Holds>, Seen> extends true ? unknown : 'holds reads something that until does not observe');
      /** What `until` is like once the lab has recovered from the undo: waited for (at most `within`) before anybody looks on. */
      restored?: Restored &
        (Reads<z.input<Restored>, Seen> extends true ? unknown : 'restored reads something that until does not observe');
      within: number;
    },
  ) => {
    const value = z.object({
      ...Accepted,
      /** The object that was changed, as it was before; `uid` is null when there was none. */
      target: z.object({ name: z.string(), uid: z.string().nullable() }).nullable(),
      before: until.value.nullable(),
      held: z.boolean(),
      /** From the change until it held, or until we stopped looking. */
      seconds: z.number(),
      /** What was seen last; null when the change was not accepted. */
      seen: until.value.nullable(),
    });
    const request = { kind: 'trial.change' as const, cluster, change, webhooks, undo: undo ?? null, until: until.request };
    return {
      request: { ...request, within: Math.min(longestTrial, within) },
      value,
      until: { observation: until, holds: holds as z.ZodType, restored: (restored as z.ZodType | undefined) ?? null },
    } satisfies Trial<z.infer<typeof value>>;
  },
};

/** Trials of a task by name. */
export type Trials = Readonly<Record<string, Trial>>;
