import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Status, statuses } from '#grading/verdict.ts';
import { openStore } from '#store/open.ts';
import type { Attempt, Revision } from '#store/port.ts';
import { onEveryEngine } from './engines.ts';
import { attemptOf, learner } from './learners.ts';

const later = '2026-12-01T08:00:00.000Z';

/** What a mended grader says of an attempt. */
function revision(attempt: Pick<Attempt, 'id' | 'task'>, score: number, status: Status, graderVersion = 'g2'): Revision {
  return { attempt: attempt.id, at: later, graderVersion, points: 4, verdict: { task: attempt.task, score, status, findings: [] } };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

onEveryEngine('revisions', (opened) => {
  test('a newer verdict counts wherever verdicts are shown, and the old one stays on record', async () => {
    const { attempts } = opened().store;
    const { person, session } = await learner(opened().store);
    const recorded = await attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
    expect(await attempts.regrade([revision(recorded, 4, 'passed')])).toBe(1);

    const effective = { graderVersion: 'g2', points: 4, verdict: { task: 'claim', score: 4, status: 'passed', findings: [] } };
    const { at, graderVersion, points, verdict } = recorded;
    expect(await attempts.get(recorded.id)).toEqual({
      ...recorded,
      ...effective,
      revisedAt: later,
      revisedFrom: [{ at, graderVersion, points, verdict }],
    });
    expect(await attempts.list({ person, limit: 9 })).toMatchObject([{ id: recorded.id, ...effective, revisedAt: later }]);
    expect(await attempts.latest(session.id, 1)).toMatchObject([{ attempt: recorded.id, at, verdict: effective.verdict }]);
    expect(await attempts.history(session.id, 1)).toMatchObject({ claim: { firstPassedAt: at, turns: [{ status: 'passed' }] } });
    expect(await attempts.best({ person })).toMatchObject([{ score: 4, status: 'passed', attempts: 1, lastStatus: 'passed' }]);
  });

  test('a lower score lowers the best, to the next best there is', async () => {
    const { attempts } = opened().store;
    const { person, session } = await learner(opened().store);
    const good = await attempts.record(attemptOf(session, { score: 4, status: 'passed', at: '2026-11-23T10:00:00.000Z' }));
    const half = await attempts.record(attemptOf(session, { score: 2, status: 'wrong', at: '2026-11-23T10:01:00.000Z' }));
    const last = await attempts.record(attemptOf(session, { score: 0, status: 'not-yet', at: '2026-11-23T10:02:00.000Z' }));
    await attempts.regrade([revision(good, 1, 'wrong')]);
    const best = { score: 2, status: 'wrong', attempt: half.id, at: half.at, attempts: 3, checks: 3 };
    expect(await attempts.best({ person })).toMatchObject([{ ...best, lastStatus: 'not-yet', lastAt: last.at }]);
    await attempts.regrade([revision(half, 0, 'wrong'), revision(last, 0, 'wrong')]);
    expect(await attempts.best({ person })).toMatchObject([{ score: 1, attempt: good.id, lastStatus: 'wrong', lastAt: last.at }]);
  });

  test('the judgement in effect is not written twice; one that was overruled may come back', async () => {
    const { attempts } = opened().store;
    const { session } = await learner(opened().store);
    const recorded = await attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
    const mended = revision(recorded, 4, 'passed');
    expect(await attempts.regrade([revision(recorded, 0, 'wrong', 'g1')])).toBe(0);
    expect(await attempts.regrade([mended, mended])).toBe(1);
    expect(await attempts.regrade([{ ...mended, at: '2026-12-02T08:00:00.000Z' }])).toBe(0);
    expect(await attempts.regrade([revision(recorded, 0, 'wrong', 'g1')])).toBe(1);
    const found = await attempts.get(recorded.id);
    expect(found?.verdict.status).toBe('wrong');
    expect(found?.revisedFrom.map(({ graderVersion, verdict }) => [graderVersion, verdict.status])).toEqual([
      ['g1', 'wrong'],
      ['g2', 'passed'],
    ]);
  });

  test('of several at once, all are written or none', async () => {
    const { attempts } = opened().store;
    const { person, session } = await learner(opened().store);
    const recorded = await attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
    const stray = revision({ id: 'nothing', task: 'claim' }, 4, 'passed');
    await expect(attempts.regrade([revision(recorded, 4, 'passed'), stray])).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining('no attempt nothing'),
    });
    expect(await attempts.get(recorded.id)).toMatchObject({ revisedAt: null, verdict: { score: 0 } });
    expect(await attempts.best({ person })).toMatchObject([{ score: 0 }]);
    expect(await attempts.regrade([])).toBe(0);
  });

  test('whatever is checked and regraded, the best is the first of the highest effective score', async () => {
    const score = fc.constantFrom(0, 1, 4);
    const status = fc.constantFrom<Status>(...statuses);
    const step = fc.record({ regrades: fc.option(fc.nat(20)), score, status });
    const order: Status[] = ['cannot-check', 'wrong', 'not-yet', 'passed'];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const { attempts } = opened().store;
        const { person, session } = await learner(opened().store);
        const model: { id: string; score: number; status: Status }[] = [];
        for (const { regrades, score, status } of steps) {
          const target = regrades === null ? undefined : model[regrades % Math.max(1, model.length)];
          if (target === undefined) {
            const { id } = await attempts.record(attemptOf(session, { score, status }));
            model.push({ id, score, status });
          } else {
            await attempts.regrade([revision({ id: target.id, task: 'claim' }, score, status)]);
            Object.assign(target, { score, status });
          }
          const [first] = model.toSorted((a, b) => b.score - a.score || order.indexOf(b.status) - order.indexOf(a.status));
          expect(await attempts.best({ person })).toMatchObject([
            { score: first?.score, status: first?.status, attempt: first?.id, attempts: model.length, lastStatus: model.at(-1)?.status },
          ]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('checks while another process regrades leave a best that fits what is on record', async () => {
    const other = await openStore({ ...opened().where, now: opened().now });
    const { attempts } = opened().store;
    const { person, session } = await learner(opened().store);
    const recorded: Attempt[] = [];
    for (let turn = 0; turn < 10; turn++) recorded.push(await attempts.record(attemptOf(session, { score: 4, status: 'passed' })));
    await Promise.all([
      ...recorded.map((one) => other.attempts.regrade([revision(one, 0, 'wrong')])),
      ...Array.from({ length: 10 }, (_, score) => attempts.record(attemptOf(session, { score: score / 4, status: 'wrong' }))),
    ]);
    await other.close();
    const all = await attempts.list({ person, limit: 100 });
    expect(all).toHaveLength(20);
    expect(await attempts.best({ person })).toMatchObject([{ score: 9 / 4, attempts: 20, checks: 20 }]);
  });

  test('every attempt of a lab comes oldest first with its evidence, however many pages that takes', async () => {
    const { attempts } = opened().store;
    const { person } = await learner(opened().store);
    const begin = async (lab: string) => (await opened().store.sessions.begin({ person, lab, labVersion: 'v1' })).session;
    const [session, elsewhere] = [await begin('paged'), await begin('another')];
    const recorded: Attempt[] = [];
    for (let index = 0; index < 95; index++) {
      // Several at one moment, so that a page may end between them.
      const at = new Date(Date.parse('2026-11-23T10:00:00Z') + Math.floor(index / 10) * 1_000).toISOString();
      recorded.push(await attempts.record(attemptOf(session, { score: 0, status: 'wrong', at })));
    }
    await attempts.record(attemptOf(elsewhere, { score: 0, status: 'wrong' }));
    const [first] = recorded;
    if (first === undefined) throw new Error('nothing was recorded');
    await attempts.regrade([revision(first, 4, 'passed')]);

    const found = await all(attempts.each({ lab: 'paged' }));
    expect(found.map(({ id }) => id)).toEqual(recorded.map(({ id }) => id));
    const { verdict } = revision(first, 4, 'passed');
    expect(found[0]).toEqual({ ...first, graderVersion: 'g2', revisedAt: later, verdict, firstStatus: 'wrong' });
    expect(found[1]).toEqual({ ...recorded[1], revisedAt: null, firstStatus: 'wrong' });
    expect(await all(attempts.each({ lab: 'nobody was here' }))).toEqual([]);
  });
});
