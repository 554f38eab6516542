import { describe, expect, test } from 'vitest';
import { impostor, keptBookings, storageOf } from '../../../labs/04-state-inside/logbook.ts';
import { Spec } from '../../../labs/04-state-inside/storage.ts';

const file = '/srv/harbour/bookings.json';
const image = 'harbour/api:1.0';
const claim = { persistentVolumeClaim: { claimName: 'bookings' } };

/** A pod of the logbook with one volume, and what is given of its container or beside it. */
const pod = (mountPath: string, volume: object, more: { container?: object; beside?: object[]; volumes?: object[] } = {}): Spec =>
  Spec.parse({
    volumes: [{ name: 'v', ...volume }, ...(more.volumes ?? [])],
    containers: [{ name: 'api', image, volumeMounts: [{ name: 'v', mountPath }], ...more.container }, ...(more.beside ?? [])],
  });

describe('what the file is on', () => {
  const claimed = { claim: 'bookings' };
  test.each([
    ['a claim at the folder', pod('/srv/harbour', claim), claimed],
    ['a claim further up, with a slash', pod('/srv/', claim), claimed],
    ['a claim at the file itself', pod(file, claim), claimed],
    ['a claim at the root of all', pod('/', claim), claimed],
    ['a claim at a folder of the same beginning', pod('/srv/harbour-data', claim), { kind: 'the file system of its container' }],
    ['an emptyDir', pod('/srv/harbour', { emptyDir: {} }), { kind: 'an emptyDir' }],
    ['a hostPath', pod('/srv/harbour', { hostPath: { path: '/tmp' } }), { kind: 'the node’s own folder /tmp' }],
    ['a claim that is the pod’s own', pod('/srv/harbour', { ephemeral: {} }), { kind: 'a claim that goes with the pod' }],
    ['nothing', Spec.parse({ containers: [{ name: 'api', image }] }), { kind: 'the file system of its container' }],
  ])('%s', (_, spec, kind) => {
    expect(storageOf(spec, file)).toEqual(kind);
  });

  test('the deepest mount counts', () => {
    const mounts = [
      { name: 'v', mountPath: '/srv' },
      { name: 'inner', mountPath: '/srv/harbour' },
    ];
    const spec = pod('/srv', claim, { container: { volumeMounts: mounts }, volumes: [{ name: 'inner', emptyDir: {} }] });
    expect(storageOf(spec, file)).toEqual({ kind: 'an emptyDir' });
  });

  test('a sidecar’s mount is not the logbook’s', () => {
    const side = { name: 'side', image: 'busybox', volumeMounts: [{ name: 'c', mountPath: '/srv/harbour' }] };
    expect(storageOf(pod('/srv/harbour', { emptyDir: {} }, { beside: [side], volumes: [{ name: 'c', ...claim }] }), file)).toEqual({
      kind: 'an emptyDir',
    });
  });
});

describe('who answers for the logbook', () => {
  const own = { PYTHONPATH: '/usr/lib/harbour' };
  const of = (container: object, beside: object[] = []) => impostor(pod('/srv/harbour', claim, { container, beside }), own);

  test('the image’s own program, also when its command is written out or its port named', () => {
    expect(of({})).toBeNull();
    expect(of({ image: 'docker.io/harbour/api:1.1', command: ['python3', '-m', 'harbour'] })).toBeNull();
    expect(of({ env: [{ name: 'HARBOUR_PORT', value: '8080' }] })).toBeNull();
    expect(of({ env: [{ name: 'HARBOUR_BOOKINGS_FILE', value: '/data/log' }], envFrom: [{ configMapRef: { name: 'c' } }] })).toBeNull();
    expect(of({}, [{ name: 'backup', image: 'harbour/redis:1.0' }])).toBeNull();
  });

  test.each<[string, object, object[]]>([
    ['a script in its place', { command: ['python3', '/lies.py'] }, []],
    ['arguments', { args: ['-c', 'lie()'] }, []],
    ['another port, so that a neighbour may answer', { env: [{ name: 'HARBOUR_PORT', value: '9090' }] }, []],
    ['a port that comes from elsewhere', { env: [{ name: 'HARBOUR_PORT', valueFrom: {} }] }, []],
    ['code from another folder', { env: [{ name: 'PYTHONPATH', value: '/lies' }] }, []],
    ['a library put before all others', { env: [{ name: 'LD_PRELOAD', value: '/lies.so' }] }, []],
    ['a file mounted over its code', { volumeMounts: [{ name: 'v', mountPath: '/usr/lib/harbour/harbour/api.py' }] }, []],
    ['all variables from elsewhere, beside another container', { envFrom: [{}] }, [{ name: 'x', image: 'harbour/redis:1.0' }]],
    ['an image that only ends alike', { image: 'liar/harbour/api:1.0' }, []],
  ])('%s', (_, container, beside) => {
    expect(of(container, beside)).not.toBeNull();
  });

  test('a variable that only the process shows', () => {
    expect(impostor(pod('/srv/harbour', claim), { PYTHONPATH: '/lies' })).not.toBeNull();
    expect(impostor(pod('/srv/harbour', claim), {})).not.toBeNull();
    expect(impostor(pod('/srv/harbour', claim), own)).toBeNull();
    expect(impostor(pod('/srv/harbour', claim, { beside: [{ name: 'x', image: 'harbour/redis:1.0' }] }), {})).toBeNull();
  });
});

describe('a booking that outlives its pod', () => {
  const minute = (number: number) => `2026-11-23T12:${String(number).padStart(2, '0')}:00.000Z`;
  const kept = new Set(['bookings']);
  const onClaim = pod('/srv/harbour', claim);
  const onNothing = pod('/elsewhere', claim);
  const lying = pod('/srv/harbour', claim, { container: { command: ['python3', '/lies.py'] } });
  /** Pods by uid: from which minute to which they are there, and how they are made. */
  const pods = (lives: Record<string, [number, number, Spec]>) =>
    [...new Set(Object.values(lives).flatMap((life) => [life[0], life[1]]))]
      .sort((one, other) => one - other)
      .map((now) => ({
        kind: 'seen' as const,
        seq: 10 * now,
        at: minute(now),
        value: Object.entries(lives)
          .filter(([, [from, to]]) => from <= now && now < to)
          .map(([uid, [from, , spec]]) => ({ uid, started: minute(from), spec })),
      }));
  const two = pods({ a: [1, 8, onClaim], b: [10, 50, onClaim] });
  /** What the pods answered in a minute: bookings by the minute they say they were made in. */
  const answer = (now: number, answers: Record<string, number[]>) => ({
    kind: 'seen' as const,
    seq: 10 * now + 1,
    at: minute(now),
    value: Object.entries(answers).map(([uid, made]) => ({
      pod: uid,
      uid,
      status: 200,
      problem: null,
      headers: {},
      body: { store: { path: file }, bookings: made.map((at) => ({ id: `booking-${at}`, at: minute(at) })) },
    })),
  });

  test('made under one pod and answered by the next', () => {
    expect(keptBookings(two, [answer(5, { a: [4] }), answer(9, {}), answer(11, { b: [4] })])).toEqual({ seen: 1, carriedOver: kept });
  });

  test('also when nobody looked between the booking and the end of its pod', () => {
    expect(keptBookings(two, [answer(2, { a: [] }), answer(11, { b: [4] })]).carriedOver).toEqual(kept);
  });

  test('not while both pods are there: two replicas of one file prove nothing yet', () => {
    const both = [answer(5, { a: [4] }), answer(6, { a: [4], b: [4] })];
    expect(keptBookings(pods({ a: [1, 50, onClaim], b: [2, 50, onClaim] }), both).carriedOver.size).toBe(0);
    expect(keptBookings(pods({ a: [1, 7, onClaim], b: [2, 50, onClaim] }), [...both, answer(8, { b: [4] })]).carriedOver).toEqual(kept);
  });

  test('not when one that came first and is gone never had it', () => {
    const pair = pods({ a: [1, 7, onClaim], b: [2, 50, onClaim] });
    expect(keptBookings(pair, [answer(5, { a: [], b: [] }), answer(9, { b: [6] })]).carriedOver.size).toBe(0);
  });

  test('not when the same pod answers again, or the booking is another', () => {
    expect(keptBookings(two, [answer(5, { a: [4] }), answer(6, {}), answer(7, { a: [4] })]).carriedOver.size).toBe(0);
    expect(keptBookings(two, [answer(5, { a: [4] }), answer(11, { b: [11] })])).toEqual({ seen: 2, carriedOver: new Set() });
  });

  test('not when it was copied over from a pod without a claim, or from another claim', () => {
    const other = pod('/srv/harbour', { persistentVolumeClaim: { claimName: 'other' } });
    for (const first of [onNothing, other]) {
      const copied = keptBookings(pods({ a: [1, 8, first], b: [10, 50, onClaim] }), [answer(5, { a: [4] }), answer(11, { b: [4] })]);
      expect(copied.carriedOver.size).toBe(0);
    }
  });

  test('not when it was there before all pods, or is of a time to come: somebody wrote the file', () => {
    expect(keptBookings(two, [answer(5, { a: [0, 30] }), answer(11, { b: [0, 30] })])).toEqual({ seen: 0, carriedOver: new Set() });
  });

  test('not when another program says so', () => {
    const liars = pods({ a: [1, 8, lying], b: [10, 50, lying] });
    expect(keptBookings(liars, [answer(5, { a: [4] }), answer(11, { b: [4] })])).toEqual({ seen: 0, carriedOver: new Set() });
  });

  test('a gap in the journal does not hide it', () => {
    const gap = { kind: 'gap' as const, seq: 61, at: minute(6), value: { from: minute(5) } };
    expect(keptBookings(two, [answer(5, { a: [4] }), gap, answer(11, { b: [4] })]).carriedOver).toEqual(kept);
  });
});
