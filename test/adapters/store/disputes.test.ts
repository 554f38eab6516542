import { expect, test } from 'vitest';
import type { Opened } from './engines.ts';
import { onEveryEngine } from './engines.ts';
import { attemptOf, learner } from './learners.ts';

async function attempt({ store }: Opened, name = 'Ada') {
  const { person, session } = await learner(store, name);
  const { id } = await store.attempts.record(attemptOf(session, { score: 0, status: 'wrong' }));
  return { person, attempt: id };
}

onEveryEngine('disputes', (opened) => {
  test('a second one about an attempt replaces the sentence; of twenty at once one is kept', async () => {
    const of = await attempt(opened());
    const filed = await Promise.all(
      Array.from({ length: 20 }, (_, at) => opened().store.disputes.file({ ...of, sentence: `It is there: ${at}` })),
    );
    expect(new Set(filed.map(({ id }) => id)).size).toBe(1);
    const last = await opened().store.disputes.file({ ...of, sentence: 'Look at the second pod. \ud800' });
    expect(last).toMatchObject({ id: filed[0]?.id, sentence: 'Look at the second pod. \ufffd', settledAt: null, answer: null });
    expect(await opened().store.disputes.list({ attempts: [of.attempt] })).toEqual([last]);
  });

  test('a settled one has its answer, is open no more, and keeps its sentence', async () => {
    const of = await attempt(opened());
    const teacher = await opened().store.people.create({ name: 'Grace', roles: ['instructor'] });
    const { id } = await opened().store.disputes.file({ ...of, sentence: 'I did it.' });
    expect((await opened().store.disputes.list({ open: true })).map((each) => each.id)).toContain(id);
    const at = opened().later(60_000);
    const settled = await opened().store.disputes.settle(id, { by: teacher.id, answer: 'You are right.' });
    expect(settled).toMatchObject({ settledAt: at, settledBy: teacher.id, answer: 'You are right.' });
    expect(await opened().store.disputes.file({ ...of, sentence: 'And another thing.' })).toEqual(settled);
    expect((await opened().store.disputes.list({ open: true })).map((each) => each.id)).not.toContain(id);
    expect(await opened().store.disputes.list({ person: of.person, open: false })).toEqual([settled]);
    expect(await opened().store.disputes.settle('nothing', { by: teacher.id, answer: '' })).toBeNull();
  });

  test('are listed newest first, and of whom is asked for', async () => {
    const first = await attempt(opened());
    const { person, session } = await learner(opened().store, 'Bob');
    const filed: string[] = [];
    for (const task of ['one', 'two']) {
      const { id } = await opened().store.attempts.record(attemptOf(session, { task, score: 0, status: 'wrong' }));
      opened().later(1_000);
      filed.push((await opened().store.disputes.file({ attempt: id, person, sentence: '' })).id);
    }
    await opened().store.disputes.file({ ...first, sentence: '' });
    expect((await opened().store.disputes.list({ person })).map(({ id }) => id)).toEqual(filed.toReversed());
    expect(await opened().store.disputes.list({ attempts: [] })).toEqual([]);
  });

  test('about an attempt that is not there are refused', async () => {
    const { person } = await learner(opened().store, 'Carol');
    await expect(opened().store.disputes.file({ attempt: 'nothing', person, sentence: '' })).rejects.toThrow();
    expect(await opened().store.disputes.list({ person })).toEqual([]);
  });
});
