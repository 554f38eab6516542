import { z } from 'zod';
import type { Change, Manifest, Named, TrialRequest } from '#grading/trial.ts';
import { Blind } from '../observe/blind.ts';

type Json = z.core.util.JSONType;
type Fields = Readonly<Record<string, Json>>;

/** Marks what a trial made, with the trial's own id: only that is ever taken away. */
export const madeBy = 'slipway.dev/trial';

const Target = z.object({ apiVersion: z.string(), kind: z.string(), name: z.string(), namespace: z.string().exactOptional() });
const Pods = z.object({ pod: z.object({ namespace: z.string(), labels: z.record(z.string(), z.string()) }) });
const Body = z.record(z.string(), z.json());

/** One step of taking a trial back, as the journal keeps it. */
export const Undo = z.discriminatedUnion('verb', [
  /** Deletes the object if the trial of this id made it. */
  z.object({ verb: z.literal('take-away'), target: Target, id: z.string(), uid: z.string().exactOptional() }),
  z.object({ verb: z.literal('create'), manifest: Body.transform((manifest) => manifest as Manifest) }),
  z.object({ verb: z.literal('delete'), target: z.union([Target, Pods]) }),
  z.object({ verb: z.literal('patch'), target: Target, patch: Body }),
]);
export type Undo = z.infer<typeof Undo>;

const largest = 64 * 1024;

/** What takes a change back: the author's steps, or the object `before` put back as it was, and what was made taken away. */
export function undoOf({ change, undo }: Extract<TrialRequest, { kind: 'trial.change' }>, before: Fields | null, id: string): Undo[] {
  const made = change.verb === 'create' ? namedIn(change.manifest) : null;
  const ours = (step: Change) => made !== null && step.verb === 'delete' && !('pod' in step.target) && isSame(step.target, made);
  const steps: Undo[] = undo ? undo.filter((step) => !ours(step)) : putBack(change, before);
  if (JSON.stringify(steps).length > largest) throw new Blind('the object is too large to be put back as it was, so nothing was tried');
  return made === null ? steps : [...steps, { verb: 'take-away', target: made, id }];
}

export function namedIn({ apiVersion, kind, metadata: { name, namespace } }: Manifest): Named {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

const isSame = (a: Named, b: Named) =>
  a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;

function putBack(change: Change, before: Fields | null): Undo[] {
  if (change.verb === 'create' || before === null) return [];
  const kind = change.verb === 'patch' || !('pod' in change.target) ? (change.target as Named).kind : 'Pod';
  if (kind === 'Secret') throw new Blind('a trial that changes a Secret must say itself how it is undone');
  if (change.verb === 'patch') return [{ verb: 'patch', target: change.target, patch: inverse(change.patch, before) }];
  const manifest = asNew(before);
  return manifest === null ? [] : [{ verb: 'create', manifest }];
}

/** The merge patch that gives the fields of `patch` the values they have in `before`. */
export function inverse(patch: Fields, before: Fields): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => {
      const was = Object.hasOwn(before, key) ? (before[key] ?? null) : null;
      return [key, isFields(value) && isFields(was) ? inverse(value, was) : was];
    }),
  );
}

const isFields = (value: Json): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

const Object_ = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.looseObject({ controller: z.boolean().optional() })).default([]),
  }),
});
/** What the API server writes itself. */
const bookkeeping = ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields', 'selfLink'];

/** An object as it can be made again; null when it was going anyway, or when a controller makes another. */
function asNew(object: Fields): Manifest | null {
  const { status: _, ...rest } = Object_.parse(object);
  const { metadata } = rest;
  if (metadata.deletionTimestamp !== undefined || metadata.ownerReferences.some(({ controller }) => controller === true)) return null;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !bookkeeping.includes(key)));
  const again = { ...rest, metadata: kept } as unknown as Manifest;
  if (rest.kind !== 'Pod') return again;
  const { nodeName: __, ...spec } = (again['spec'] ?? {}) as Record<string, Json>;
  return { ...again, spec };
}
