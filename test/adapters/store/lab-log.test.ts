import { expect, test } from 'vitest';
import { onEveryEngine } from './engines.ts';
import { learner } from './learners.ts';

onEveryEngine('a lab’s log', (opened) => {
  test('written from many places at once has each line once, in one order', async () => {
    const { session } = await learner(opened().store);
    const { log } = opened().store;
    const added = await Promise.all(
      Array.from({ length: 30 }, (_, at) => log.add(session.id, 1, { kind: 'help', text: `line ${at} \ud800` })),
    );
    const listed = await log.list(session.id);
    expect(listed).toEqual(added.toSorted((a, b) => a.seq - b.seq));
    expect(new Set(listed.map(({ seq }) => seq)).size).toBe(30);
    expect(listed[0]?.text).toMatch(/^line \d+ \ufffd$/);
    const middle = listed[14]?.seq ?? 0;
    expect(await log.list(session.id, middle)).toEqual(listed.slice(15));
  });

  test('keeps its order with what witnesses saw, and has only its own lab’s lines', async () => {
    const [ada, bob] = [await learner(opened().store), await learner(opened().store, 'Bob')];
    const { log, journal } = opened().store;
    const before = await log.add(ada.session.id, 1, { kind: 'start', text: 'The lab is ready.' });
    const seen = await journal.append(ada.session.id, 1, { at: before.at, witness: 'w', kind: 'seen', value: 1 });
    const after = await log.add(ada.session.id, 2, { kind: 'reset', text: 'The lab was made anew.' });
    await log.add(bob.session.id, 1, { kind: 'start', text: 'Bob’s.' });
    expect([before.seq, seen.seq, after.seq]).toEqual([1, 2, 3]);
    expect(await log.list(ada.session.id)).toEqual([before, after]);
    await expect(log.add('nothing', 1, { kind: 'start', text: '' })).rejects.toThrow('nothing');
  });

  test('shows the newest 500, oldest first', async () => {
    const { session } = await learner(opened().store, 'Long day');
    for (let line = 1; line <= 503; line++) await opened().store.log.add(session.id, 1, { kind: 'k', text: `line ${line}` });
    const listed = await opened().store.log.list(session.id);
    expect(listed).toHaveLength(500);
    expect([listed[0]?.text, listed.at(-1)?.text]).toEqual(['line 4', 'line 503']);
  });
});
