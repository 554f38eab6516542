import { z } from 'zod';
import type { Observation, Place, Request, Selection } from './observation.ts';

type Json = z.core.util.JSONType;

/** One of the pods of a selection (the first by name that runs), or an object by name. */
export type Target = { apiVersion: string; kind: string; name: string; namespace?: string } | { pod: Selection };

/** Something done to a lab by its prober, with rights that lab.yaml declares (`prober`). */
export type Change =
  | { verb: 'create'; manifest: { apiVersion: string; kind: string } & Readonly<Record<string, Json>> }
  | { verb: 'delete'; target: Target }
  /** A merge patch (RFC 7386). */
  | { verb: 'patch'; target: Exclude<Target, { pod: Selection }>; patch: Readonly<Record<string, Json>> };

export type TrialRequest =
  | { kind: 'trial.dryRun'; cluster: string; change: Change }
  | { kind: 'trial.change'; cluster: string; change: Change; undo: readonly Change[]; until: Request; within: number };

/** What a trial does, and the schema of what comes of it. */
export interface Trial<Value = unknown> {
  readonly request: TrialRequest;
  readonly value: z.ZodType<Value>;
  /** For `trial.change`: what is looked at until it holds. */
  readonly until: { readonly observation: Observation; readonly holds: z.ZodType } | null;
}

/** `accepted: false` when the API server refused, with its words (hostile text). */
const Accepted = { accepted: z.boolean(), status: z.int(), message: z.string().max(2000) };

export const trial = {
  /** Whether the API server would accept a change, admission and all; nothing is kept of it. */
  dryRun: (change: Change, { cluster = 'main' }: Place = {}): Trial<z.infer<typeof DryRun>> => ({
    request: { kind: 'trial.dryRun', cluster, change },
    value: DryRun,
    until: null,
  }),

  /**
   * Makes a change, looks until `holds` (at most `within` seconds), and undoes it in any case, also after a crash of the server in
   * the middle. `undo` is what takes the change back where the cluster does not do it by itself; it must be right to do twice.
   */
  change: <Seen>(
    change: Change,
    {
      undo = [],
      until,
      holds,
      within,
      cluster = 'main',
    }: Place & { undo?: readonly Change[]; until: Observation<Seen>; holds: z.ZodType; within: number },
  ) => {
    const value = z.object({ ...Accepted, held: z.boolean(), seconds: z.number(), seen: until.value.nullable() });
    return {
      request: { kind: 'trial.change', cluster, change, undo, until: until.request, within },
      value,
      until: { observation: until, holds },
    } satisfies Trial<z.infer<typeof value>>;
  },
};

const DryRun = z.object(Accepted);

/** Trials of a task by name. */
export type Trials = Readonly<Record<string, Trial>>;
