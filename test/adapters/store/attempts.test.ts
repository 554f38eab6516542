import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Status, statuses } from '#grading/verdict.ts';
import { openStore } from '#store/open.ts';
import { onEveryEngine } from './engines.ts';
import { attemptOf, learner } from './learners.ts';

onEveryEngine('attempts', (opened) => {
  test('an attempt comes back as it was judged, with its evidence', async () => {
    const { session } = await learner(opened().store);
    const recorded = await opened().store.attempts.record(attemptOf(session, { score: 1.5, status: 'wrong' }));
    expect(await opened().store.attempts.get(recorded.id)).toEqual({ ...recorded, revisedAt: null, revisedFrom: [] });
    expect(await opened().store.attempts.get('nothing')).toBeNull();
  });

  test('what keeps a task passed is written with its attempt, once, or neither is', async () => {
    const { session } = await learner(opened().store);
    const { attempts, journal } = opened().store;
    const passed = { at: '2026-11-23T10:00:00.000Z', witness: 'claim:passed', kind: 'seen' as const, value: { passed: true } };
    const attempt = attemptOf(session, { score: 4, status: 'passed' });
    const unfit = { ...passed, at: 'never' };
    await expect(attempts.record(attempt, unfit)).rejects.toThrow();
    expect(await attempts.list({ session: session.id, limit: 9 })).toEqual([]);
    await Promise.all([attempts.record(attempt, passed), attempts.record(attempt, passed)]);
    expect(await journal.list(session.id, 1, ['claim:passed'])).toEqual([{ ...passed, seq: expect.any(Number) }]);
    expect(await attempts.list({ session: session.id, limit: 9 })).toHaveLength(2);
  });

  test('lists are newest first, page by page, without evidence', async () => {
    const { person, session } = await learner(opened().store);
    const ids: string[] = [];
    for (let score = 0; score < 7; score++) {
      ids.unshift((await opened().store.attempts.record(attemptOf(session, { score: score / 2, status: 'wrong' }))).id);
    }
    const first = await opened().store.attempts.list({ person, limit: 4 });
    const second = await opened().store.attempts.list({ person, limit: 4, before: first.at(-1)?.id ?? '' });
    expect([...first, ...second].map((one) => one.id)).toEqual(ids);
    expect(first[0]).not.toHaveProperty('evidence');
    expect(await opened().store.attempts.list({ person, task: 'another', limit: 4 })).toEqual([]);
  });

  test('the latest verdict of each task is of this epoch', async () => {
    const { session } = await learner(opened().store);
    await opened().store.attempts.record(attemptOf(session, { task: 'claim', score: 4, status: 'passed' }));
    await opened().store.attempts.record(attemptOf(session, { task: 'class', score: 0, status: 'not-yet' }));
    await opened().store.attempts.record(attemptOf(session, { task: 'claim', score: 0, status: 'wrong' }));
    const latest = await opened().store.attempts.latest(session.id, 1);
    expect(latest.map((one) => [one.task, one.verdict.status])).toEqual([
      ['claim', 'wrong'],
      ['class', 'not-yet'],
    ]);
    expect(await opened().store.attempts.latest(session.id, 2)).toEqual([]);
  });

  test('the best of a task is the first of the highest score, whatever comes after', async () => {
    const one = fc.record({ score: fc.constantFrom(0, 1, 1.5, 4), status: fc.constantFrom<Status>(...statuses) });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 12 }), async (verdicts) => {
        const { person, session } = await learner(opened().store);
        const order: Status[] = ['cannot-check', 'wrong', 'not-yet', 'passed'];
        let best: { score: number; status: Status; attempt: string } | undefined;
        for (const [index, { score, status }] of verdicts.entries()) {
          const { id: attempt } = await opened().store.attempts.record(attemptOf(session, { score, status }));
          const better = !best || score > best.score || (score === best.score && order.indexOf(status) > order.indexOf(best.status));
          if (better) best = { score, status, attempt };
          expect(await opened().store.attempts.best({ person })).toEqual([
            expect.objectContaining({ ...best, attempts: index + 1, lastStatus: status }),
          ]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('checks at the same moment are all counted and the best of them stays', async () => {
    const { person, session } = await learner(opened().store);
    const scores = [0, 3, 1, 4, 2, 0, 1.5, 4, 3.5, 2];
    await Promise.all(
      scores.map((score) => opened().store.attempts.record(attemptOf(session, { score, status: score === 4 ? 'passed' : 'wrong' }))),
    );
    expect(await opened().store.attempts.best({ person })).toEqual([
      expect.objectContaining({ score: 4, status: 'passed', attempts: scores.length }),
    ]);
    expect(await opened().store.attempts.list({ person, limit: 100 })).toHaveLength(scores.length);
  });

  test('an attempt that cannot be stored changes nothing', async () => {
    const { person, session } = await learner(opened().store);
    const stray = { ...attemptOf(session, { score: 4, status: 'passed' }), person: 'nobody' };
    await expect(opened().store.attempts.record(stray)).rejects.toMatchObject({ name: 'StoreError', code: 'failed' });
    expect(await opened().store.attempts.list({ session: session.id, limit: 10 })).toEqual([]);
    expect(await opened().store.attempts.best({ person })).toEqual([]);
    expect(await opened().store.attempts.best({ person: 'nobody' })).toEqual([]);
  });

  test('the gradebook of a lab holds everybody in it', async () => {
    const people = await Promise.all(['A', 'B', 'C'].map((name) => learner(opened().store, name)));
    await Promise.all(people.map(({ session }) => opened().store.attempts.record(attemptOf(session, { score: 2, status: 'wrong' }))));
    const graded = (await opened().store.attempts.best({ lab: '04-state-inside' })).map((row) => row.person);
    expect(graded).toEqual(expect.arrayContaining(people.map(({ person }) => person)));
    expect(await opened().store.attempts.best({ lab: 'another' })).toEqual([]);
  });

  test('presses of Check are counted apart from turns that were seen by themselves', async () => {
    const { person, session } = await learner(opened().store);
    for (const cause of ['turn', 'check', 'turn', 'check', 'turn'] as const) {
      await opened().store.attempts.record({ ...attemptOf(session, { score: 0, status: 'wrong' }), cause });
    }
    expect(await opened().store.attempts.best({ person })).toMatchObject([{ attempts: 5, checks: 2 }]);
  });

  test('opened again, the store holds what it held', async () => {
    const { person, session } = await learner(opened().store, 'Tomorrow');
    const recorded = await opened().store.attempts.record(attemptOf(session, { score: 4, status: 'passed' }));
    const again = await openStore({ ...opened().where, now: opened().now });
    try {
      expect(await again.attempts.get(recorded.id)).toMatchObject(recorded);
      expect(await again.people.get(person)).toMatchObject({ name: 'Tomorrow' });
    } finally {
      await again.close();
    }
  });
});
