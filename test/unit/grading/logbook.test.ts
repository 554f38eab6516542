import { describe, expect, test } from 'vitest';
import { keptBookings, storageOf } from '../../../labs/04-state-inside/logbook.ts';

const file = '/srv/harbour/bookings.json';
const at = '2026-11-23T12:00:00.000Z';

type Storage = Parameters<typeof storageOf>[0];
const mounted = (mountPath: string, volume: Partial<Storage['volumes'][number]>, image = 'harbour/api:1.0'): Storage => ({
  volumes: [{ name: 'v', ...volume }],
  containers: [{ name: 'api', image, volumeMounts: [{ name: 'v', mountPath }] }],
});
const claim = { persistentVolumeClaim: { claimName: 'bookings' } };

describe('what the file is on', () => {
  test.each([
    ['a claim at the folder', mounted('/srv/harbour', claim), 'a claim'],
    ['a claim further up, with a slash', mounted('/srv/', claim), 'a claim'],
    ['a claim at the file itself', mounted(file, claim), 'a claim'],
    ['a claim at the root of all', mounted('/', claim), 'a claim'],
    ['a claim at a folder of the same beginning', mounted('/srv/harbour-data', claim), 'the file system of its container'],
    ['an emptyDir', mounted('/srv/harbour', { emptyDir: {} }), 'an emptyDir'],
    ['a hostPath', mounted('/srv/harbour', { hostPath: { path: '/tmp' } }), 'the node’s own folder /tmp'],
    ['a claim that is the pod’s own', mounted('/srv/harbour', { ephemeral: {} }), 'a claim that goes with the pod'],
    [
      'nothing',
      { volumes: [], containers: [{ name: 'api', image: 'harbour/api:1.0', volumeMounts: [] }] },
      'the file system of its container',
    ],
  ])('%s', (_, spec, kind) => {
    expect(storageOf(spec, file)).toBe(kind);
  });

  test('the deepest mount counts', () => {
    const spec = mounted('/srv', claim);
    spec.volumes.push({ name: 'inner', emptyDir: {} });
    spec.containers[0]?.volumeMounts.push({ name: 'inner', mountPath: '/srv/harbour' });
    expect(storageOf(spec, file)).toBe('an emptyDir');
  });

  test('a sidecar’s mount is not the logbook’s', () => {
    const spec = mounted('/srv/harbour', { emptyDir: {} });
    spec.volumes.push({ name: 'c', ...claim });
    spec.containers.push({ name: 'side', image: 'busybox', volumeMounts: [{ name: 'c', mountPath: '/srv/harbour' }] });
    expect(storageOf(spec, file)).toBe('an emptyDir');
  });
});

describe('a booking that outlives its pod', () => {
  const onClaim = mounted('/srv/harbour', claim);
  const onNothing = mounted('/elsewhere', claim);
  const pods = (specs: Record<string, Storage>) => [
    { kind: 'seen' as const, seq: 1, at, value: Object.entries(specs).map(([uid, spec]) => ({ metadata: { name: uid, uid }, spec })) },
  ];
  const moment = (seq: number, answers: Record<string, string[]>) => ({
    kind: 'seen' as const,
    seq,
    at,
    value: Object.entries(answers).map(([uid, ids]) => ({
      pod: uid,
      uid,
      status: 200,
      problem: null,
      body: { store: { path: file }, bookings: ids.map((id) => ({ id })) },
    })),
  });

  test('made under one pod and answered by the next', () => {
    const kept = keptBookings(pods({ a: onClaim, b: onClaim }), [moment(1, { a: ['x'] }), moment(2, {}), moment(3, { b: ['x'] })]);
    expect(kept).toEqual({ seen: 1, carriedOver: true });
  });

  test('not while both pods are there: two replicas of one file prove nothing yet', () => {
    const both = [moment(1, { a: ['x'] }), moment(2, { a: ['x'], b: ['x'] })];
    expect(keptBookings(pods({ a: onClaim, b: onClaim }), both).carriedOver).toBe(false);
    expect(keptBookings(pods({ a: onClaim, b: onClaim }), [...both, moment(3, { b: ['x'] })]).carriedOver).toBe(true);
  });

  test('not when the same pod answers again, or the booking is another', () => {
    expect(keptBookings(pods({ a: onClaim }), [moment(1, { a: ['x'] }), moment(2, {}), moment(3, { a: ['x'] })]).carriedOver).toBe(false);
    expect(keptBookings(pods({ a: onClaim, b: onClaim }), [moment(1, { a: ['x'] }), moment(2, { b: ['y'] })])).toEqual({
      seen: 2,
      carriedOver: false,
    });
  });

  test('not when it was copied over from a pod without a claim', () => {
    expect(keptBookings(pods({ a: onNothing, b: onClaim }), [moment(1, { a: ['x'] }), moment(2, { b: ['x'] })])).toEqual({
      seen: 1,
      carriedOver: false,
    });
  });

  test('a gap in the journal does not hide it', () => {
    const gap = { kind: 'gap' as const, seq: 2, at, value: { from: at } };
    const journal = [moment(1, { a: ['x'] }), gap, moment(3, { b: ['x'] })];
    expect(keptBookings(pods({ a: onClaim, b: onClaim }), journal).carriedOver).toBe(true);
  });
});
