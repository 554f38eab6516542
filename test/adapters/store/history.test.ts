import { expect, test } from 'vitest';
import type { Status } from '#grading/verdict.ts';
import type { LabSession, Store } from '#store/port.ts';
import { onEveryEngine } from './engines.ts';
import { attemptOf, learner } from './learners.ts';

const minute = (count: number) => new Date(Date.parse('2026-11-23T10:00:00Z') + count * 60_000).toISOString();

async function went(store: Store, session: LabSession, task: string, steps: readonly Status[], cause: 'check' | 'turn' = 'turn') {
  for (const [index, status] of steps.entries()) {
    await store.attempts.record({ ...attemptOf(session, { task, score: 0, status, at: minute(index) }), cause });
  }
}

onEveryEngine('the history of a session', (opened) => {
  test('tells when each task first passed and each time it turned, and no check that said the same again', async () => {
    const { session } = await learner(opened().store);
    await went(opened().store, session, 'claim', ['wrong', 'wrong', 'passed', 'passed', 'wrong', 'passed']);
    await went(opened().store, session, 'class', ['not-yet', 'wrong'], 'check');
    expect(await opened().store.attempts.history(session.id, 1)).toEqual({
      claim: {
        firstPassedAt: minute(2),
        turns: [
          { at: minute(0), status: 'wrong', cause: 'turn' },
          { at: minute(2), status: 'passed', cause: 'turn' },
          { at: minute(4), status: 'wrong', cause: 'turn' },
          { at: minute(5), status: 'passed', cause: 'turn' },
        ],
      },
      class: {
        firstPassedAt: null,
        turns: [
          { at: minute(0), status: 'not-yet', cause: 'check' },
          { at: minute(1), status: 'wrong', cause: 'check' },
        ],
      },
    });
  });

  test('begins anew with a reset, and is nobody else’s', async () => {
    const { session } = await learner(opened().store);
    const other = await learner(opened().store, 'Bob');
    await went(opened().store, session, 'claim', ['wrong', 'passed']);
    await went(opened().store, other.session, 'claim', ['not-yet']);
    await went(opened().store, { ...session, epoch: 2 }, 'claim', ['wrong']);
    const turned = async (epoch: number) =>
      (await opened().store.attempts.history(session.id, epoch))['claim']?.turns.map((one) => one.status);
    expect([await turned(1), await turned(2), await turned(3)]).toEqual([['wrong', 'passed'], ['wrong'], undefined]);
  });

  test('of a task that never rests keeps the newest hundred turns, and when it first passed', async () => {
    const { session } = await learner(opened().store);
    await went(
      opened().store,
      session,
      'claim',
      Array.from({ length: 150 }, (_, index) => (index % 2 ? 'passed' : 'wrong')),
    );
    const { claim } = await opened().store.attempts.history(session.id, 1);
    expect(claim?.firstPassedAt).toBe(minute(1));
    expect(claim?.turns.map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, index) => minute(index + 50)));
  });
});
