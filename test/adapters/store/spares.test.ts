import { expect, test } from 'vitest';
import type { Store } from '#store/port.ts';
import { onEveryEngine } from './engines.ts';

/** Tests of one engine share a database: each has a lab of its own. */
let count = 0;
const freshLab = () => ({ lab: `lab-${++count}`, labVersion: 'v1' });
type Lab = ReturnType<typeof freshLab>;

async function queued(store: Store, lab: Lab, count: number) {
  const people = await Promise.all(
    Array.from({ length: count }, (_, n) => store.people.create({ name: `Learner ${n}`, roles: ['learner'] })),
  );
  return await Promise.all(people.map(async ({ id }) => (await store.sessions.begin({ person: id, ...lab })).session));
}

async function ready(store: Store, lab: Lab) {
  const spare = await store.instances.addSpare(lab);
  expect(await store.instances.spareReady(spare.id)).toBe(true);
  return spare.id;
}

onEveryEngine('spare labs', (opened) => {
  test('go to one learner each, the oldest first, however many ask at once', async () => {
    const { store } = opened();
    const lab = freshLab();
    const spares = [await ready(store, lab), await ready(store, lab)];
    await store.instances.addSpare(lab); // still being made
    const sessions = await queued(store, lab, 5);
    const claimed = (await Promise.all(sessions.map(({ id }) => store.sessions.claim(id)))).filter((session) => session !== null);
    expect(claimed.map(({ instance }) => instance).toSorted()).toEqual(spares.toSorted());
    expect(claimed).toMatchObject(claimed.map(() => ({ state: 'starting', way: 'warm', instanceEpoch: 1, epoch: 1 })));
    expect(await store.instances.get(spares[0] ?? '')).toMatchObject({ intent: 'present' });
  });

  test('of another version are not given away, nor to a session that runs', async () => {
    const { store } = opened();
    const lab = freshLab();
    const spare = await store.instances.addSpare({ ...lab, labVersion: 'v0' });
    await store.instances.spareReady(spare.id);
    const [session] = await queued(store, lab, 1);
    expect(await store.sessions.claim(session?.id ?? '')).toBeNull();
    await store.sessions.admit(session?.id ?? '');
    await store.sessions.move(session?.id ?? '', 'ready');
    await ready(store, lab);
    expect(await store.sessions.claim(session?.id ?? '')).toBeNull();
  });

  test('take the place of what a reset leaves, which is wanted absent', async () => {
    const { store } = opened();
    const lab = freshLab();
    const [session] = await queued(store, lab, 1);
    const id = session?.id ?? '';
    const before = (await store.sessions.admit(id))?.instance ?? '';
    await store.sessions.move(id, 'ready');
    await store.sessions.move(id, 'reset');
    const spare = await ready(store, lab);
    expect(await store.sessions.claim(id)).toMatchObject({ instance: spare, instanceEpoch: 1, epoch: 2, way: 'warm', state: 'starting' });
    expect(await store.instances.get(before)).toMatchObject({ intent: 'absent' });
    const renewed = await store.sessions.renew(id);
    expect(renewed).toMatchObject({ instanceEpoch: 2, epoch: 2, way: null });
    expect(await store.instances.get(spare)).toMatchObject({ intent: 'absent' });
  });

  test('that nobody claimed are discarded once, and not when somebody was faster', async () => {
    const { store } = opened();
    const lab = freshLab();
    const [session] = await queued(store, lab, 1);
    const first = await ready(store, lab);
    await store.sessions.claim(session?.id ?? '');
    expect(await store.instances.discardSpare(first)).toBe(false);
    const second = await ready(store, lab);
    expect(await store.instances.discardSpare(second)).toBe(true);
    expect(await store.instances.spareReady(second)).toBe(false);
  });
});

onEveryEngine('captures and measures', (opened) => {
  test('a capture is begun once; what was measured is summed up from the newest fifty', async () => {
    const { captures, measures } = opened().store;
    const lab = freshLab();
    const both = await Promise.all([1, 2].map(() => captures.begin({ key: 'k', ...lab })));
    expect(both.filter((row) => row !== null)).toHaveLength(1);
    await captures.set('k', { state: 'good', bytes: 5_000_000_000 });
    expect(await captures.get('k')).toMatchObject({ state: 'good', bytes: 5_000_000_000, reason: null });
    for (let value = 1; value <= 60; value += 1) await measures.note(lab.lab, 'memory', value);
    expect((await measures.of(lab.lab))['memory']).toEqual({ count: 50, last: 60, p50: 36, p90: 56, max: 60 });
    expect(await measures.of('other')).toEqual({});
  });
});
