import fc from 'fast-check';
import { expect, test } from 'vitest';
import { after, type Move, moves, type SessionState } from '#lab/session.ts';
import { openStore } from '#store/open.ts';
import { onEveryEngine } from './engines.ts';
import { learner } from './learners.ts';

onEveryEngine('lab sessions', (opened) => {
  test('twenty starts at once make one session', async () => {
    const { id: person } = await opened().store.people.create({ name: 'Impatient', roles: ['learner'] });
    const begun = await Promise.all(Array.from({ length: 20 }, () => opened().store.sessions.begin({ person, lab: 'l', labVersion: '1' })));
    expect(new Set(begun.map((one) => one.session.id)).size).toBe(1);
    expect(begun.filter((one) => one.created)).toHaveLength(1);
    expect(await opened().store.sessions.live(person, 'l')).toMatchObject({ state: 'queued', epoch: 1 });
  });

  test('two servers on one database make one session', async () => {
    const other = await openStore({ ...opened().where, now: opened().now });
    const { id: person } = await opened().store.people.create({ name: 'Two tabs', roles: ['learner'] });
    const begun = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? other : opened().store).sessions.begin({ person, lab: 'l', labVersion: '1' })),
    );
    await other.close();
    expect(new Set(begun.map((one) => one.session.id)).size).toBe(1);
    expect(begun.filter((one) => one.created)).toHaveLength(1);
  });

  test('people and labs do not share sessions; an ended one makes room for the next', async () => {
    const ada = await learner(opened().store);
    const bob = await learner(opened().store, 'Bob');
    expect(ada.session.id).not.toBe(bob.session.id);
    await opened().store.sessions.move(ada.session.id, 'end');
    await opened().store.sessions.move(ada.session.id, 'gone');
    const next = await opened().store.sessions.begin({ person: ada.person, lab: ada.session.lab, labVersion: 'v2' });
    expect(next.created).toBe(true);
    const live = await opened().store.sessions.listLive();
    expect(live.map((one) => one.id)).toContain(next.session.id);
    expect(live.map((one) => one.id)).not.toContain(ada.session.id);
    expect((await opened().store.sessions.list({ person: ada.person })).map((one) => one.id).sort()).toEqual(
      [ada.session.id, next.session.id].sort(),
    );
  });

  test('of ten equal moves at once, one is made', async () => {
    const { session } = await learner(opened().store);
    const made = await Promise.all(Array.from({ length: 10 }, () => opened().store.sessions.move(session.id, 'admit')));
    expect(made.filter((one) => one !== null)).toEqual([expect.objectContaining({ state: 'starting' })]);
  });

  test('of ten admissions at once, one is made, with one row for its containers', async () => {
    const { id: person } = await opened().store.people.create({ name: 'Admitted', roles: ['learner'] });
    const { session } = await opened().store.sessions.begin({ person, lab: 'admitted-once', labVersion: 'v1' });
    const made = await Promise.all(Array.from({ length: 10 }, () => opened().store.sessions.admit(session.id)));
    const rows = (await opened().store.instances.list()).filter((one) => one.lab === 'admitted-once');
    expect(made.filter((one) => one !== null)).toEqual([expect.objectContaining({ state: 'starting', instance: rows[0]?.id })]);
    expect(rows).toHaveLength(1);
  });

  test('whatever the moves, a session follows the table of states', async () => {
    const anyMove = fc.constantFrom(...(Object.keys(moves) as Move[]));
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { maxLength: 12 }), async (walk) => {
        let { session } = await learner(opened().store);
        for (const move of walk) {
          const expected: SessionState | null = after(session.state, move);
          const moved = await opened().store.sessions.move(session.id, move);
          expect(moved?.state ?? null).toBe(expected);
          if (moved) {
            expect(moved.epoch).toBe(session.epoch + (move === 'reset' ? 1 : 0));
            session = moved;
          }
          expect(await opened().store.sessions.get(session.id)).toEqual(session);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a reason stays on the way out and goes when the session recovers', async () => {
    const { session } = await learner(opened().store);
    const reason = { code: 'engine.gone', message: 'Docker stopped answering.', advice: 'Start Docker and try again.' };
    await opened().store.sessions.admit(session.id);
    await opened().store.sessions.move(session.id, 'fail', { reason });
    expect((await opened().store.sessions.move(session.id, 'reset'))?.reason).toBeNull();
    await opened().store.sessions.move(session.id, 'fail', { reason });
    expect((await opened().store.sessions.move(session.id, 'end'))?.reason).toEqual(reason);
  });

  test('a session of an unknown id is not found, and does not move', async () => {
    expect(await opened().store.sessions.get('nothing')).toBeNull();
    expect(await opened().store.sessions.move('nothing', 'end')).toBeNull();
  });

  test('activity is noted', async () => {
    const { session } = await learner(opened().store);
    const at = opened().later(60_000);
    await opened().store.sessions.touch(session.id);
    expect((await opened().store.sessions.get(session.id))?.activeAt).toBe(at);
  });

  test('a lab is kept as long as was asked, however often, and never shorter; an ended one is not', async () => {
    const { session } = await learner(opened().store);
    const hour = new Date(opened().now().getTime() + 3_600_000).toISOString();
    const half = new Date(opened().now().getTime() + 1_800_000).toISOString();
    expect(session.keepUntil).toBeNull();
    await Promise.all([half, hour, half].map((until) => opened().store.sessions.keep(session.id, until)));
    expect(await opened().store.sessions.keep(session.id, half)).toMatchObject({ id: session.id, keepUntil: hour });
    expect(await opened().store.sessions.get(session.id)).toMatchObject({ keepUntil: hour });
    await opened().store.sessions.move(session.id, 'end');
    await opened().store.sessions.move(session.id, 'gone');
    expect(await opened().store.sessions.keep(session.id, hour)).toBeNull();
  });
});
