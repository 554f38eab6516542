import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, TrialRequest } from '#grading/trial.ts';
import { inverse, Undo, undoOf } from '#runtime/trial/take-back.ts';

type Fields = Parameters<typeof inverse>[0];
const isFields = (value: unknown): value is Record<string, Fields[string]> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386, as its text puts it. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** Objects as the API server has them: without nulls. */
const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
const key = fc.constantFrom('a', 'b', 'c', 'constructor');
const { object, patch } = fc.letrec((tie) => ({
  object: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, leaf, tie('object')), { maxKeys: 4, noNullPrototype: true }),
  patch: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, leaf, fc.constant(null), tie('patch')), { maxKeys: 4, noNullPrototype: true }),
}));

/** Without objects that hold nothing: a merge patch makes them, and cannot tell them from none. */
const solid = (value: unknown): unknown =>
  isFields(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([name, part]) => (isEmpty(solid(part)) ? [] : [[name, solid(part)]])))
    : value;
const isEmpty = (value: unknown) => isFields(value) && Object.keys(value).length === 0;

test('whatever is patched, the inverse gives every field its value back', () => {
  fc.assert(
    fc.property(object, patch, (before, change) => {
      const after = merged(before, change);
      expect(solid(merged(after, inverse(change as Fields, before as Fields)))).toEqual(solid(before));
    }),
  );
});

const request = (change: Change, undo: readonly Change[] | null = null): Extract<TrialRequest, { kind: 'trial.change' }> => ({
  kind: 'trial.change',
  cluster: 'main',
  change,
  webhooks: false,
  undo,
  until: { kind: 'answer', field: 'x' },
  within: 10,
});
const web = { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'shop' };
const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } };

describe('what takes a trial back', () => {
  test('an object that was made is taken away by the mark of its trial, never by its name alone', () => {
    const make: Change = { verb: 'create', manifest };
    expect(undoOf(request(make), null, 'id')).toEqual([{ verb: 'take-away', target: web, id: 'id' }]);
    expect(undoOf(request(make, [{ verb: 'delete', target: web }]), null, 'id')).toEqual([{ verb: 'take-away', target: web, id: 'id' }]);
  });

  test('an object that was deleted is made again as it was, without what the API server writes', () => {
    const before = {
      ...manifest,
      metadata: { ...manifest.metadata, uid: 'u', resourceVersion: '7', labels: { app: 'web' } },
      spec: { nodeName: 'worker', containers: [] },
      status: { phase: 'Running' },
    };
    expect(undoOf(request({ verb: 'delete', target: web }), before, 'id')).toMatchObject([
      { verb: 'create', manifest: { metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } }, spec: { containers: [] } } },
    ]);
    expect(JSON.stringify(undoOf(request({ verb: 'delete', target: web }), before, 'id'))).not.toMatch(
      /uid|resourceVersion|nodeName|status/,
    );
  });

  test('unless a controller makes another, or it was going anyway', () => {
    const owned = { ...manifest, metadata: { ...manifest.metadata, ownerReferences: [{ kind: 'ReplicaSet', controller: true }] } };
    const going = { ...manifest, metadata: { ...manifest.metadata, deletionTimestamp: '2026-11-23T12:00:00Z' } };
    const gone: Change = { verb: 'delete', target: { pod: { namespace: 'shop', labels: {} } } };
    expect(undoOf(request(gone), owned, 'id')).toEqual([]);
    expect(undoOf(request(gone), going, 'id')).toEqual([]);
  });

  test('a Secret’s values are never written down', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', name: 'key', namespace: 'shop' };
    const change: Change = { verb: 'patch', target: secret, patch: { data: { a: 'eA==' } } };
    expect(() => undoOf(request(change), { data: { a: 'cGFzcw==' } }, 'id')).toThrow('must say itself');
  });

  test('an object too large to be put back is not touched', () => {
    const before = { ...manifest, data: { a: 'x'.repeat(100_000) } };
    expect(() => undoOf(request({ verb: 'patch', target: web, patch: { data: { a: 'y' } } }), before, 'id')).toThrow('too large');
  });

  test('the journal gives back what was written into it', () => {
    const steps = [
      ...undoOf(request({ verb: 'create', manifest }), null, 'id'),
      ...undoOf(request({ verb: 'patch', target: web, patch: { spec: { a: null } } }), { spec: { a: [1] } }, 'id'),
      ...undoOf(
        request({ verb: 'delete', target: web }, [{ verb: 'delete', target: { pod: { namespace: 'shop', labels: { a: 'b' } } } }]),
        manifest,
        'id',
      ),
    ];
    expect(Undo.array().parse(JSON.parse(JSON.stringify(steps)))).toEqual(steps);
  });
});
