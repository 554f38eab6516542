import { expect, test } from 'vitest';
import { onEveryEngine } from './engines.ts';
import { learner } from './learners.ts';

onEveryEngine('help that was taken', (opened) => {
  test('a hint opened twice, and twenty times at once, is on record once, with its first time', async () => {
    const { person, session } = await learner(opened().store);
    const hint = { person, lab: session.lab, task: 'claim', kind: 'hint', number: 1, session: session.id } as const;
    await opened().store.help.take(hint);
    const first = await opened().store.help.list({ person });
    opened().later(60_000);
    await Promise.all(Array.from({ length: 20 }, () => opened().store.help.take({ ...hint, session: null })));
    expect(await opened().store.help.list({ person })).toEqual(first);
    expect(first).toEqual([{ ...hint, at: expect.stringMatching(/^2026-.*Z$/) }]);
  });

  test('twenty at once that nobody took before are one', async () => {
    const { person, session } = await learner(opened().store, 'Double click');
    const asked = { person, lab: session.lab, task: 'claim', kind: 'asked', number: 1, session: session.id } as const;
    await Promise.all(Array.from({ length: 20 }, () => opened().store.help.take(asked)));
    expect(await opened().store.help.list({ person })).toHaveLength(1);
  });

  test('is listed oldest first, by person, lab and task, and of nobody else', async () => {
    const [ada, bob] = [await learner(opened().store), await learner(opened().store, 'Bob')];
    for (const [task, number] of [
      ['class', 1],
      ['claim', 1],
      ['claim', 2],
    ] as const) {
      opened().later(1_000);
      await opened().store.help.take({ person: ada.person, lab: 'one', task, kind: 'hint', number, session: null });
    }
    await opened().store.help.take({ person: bob.person, lab: 'one', task: 'claim', kind: 'solution', number: 1, session: null });
    const of = async (filter: { lab?: string; task?: string }) =>
      (await opened().store.help.list({ person: ada.person, ...filter })).map(({ task, number }) => `${task} ${number}`);
    expect(await of({})).toEqual(['class 1', 'claim 1', 'claim 2']);
    expect(await of({ task: 'claim' })).toEqual(['claim 1', 'claim 2']);
    expect(await of({ lab: 'another' })).toEqual([]);
    expect(await opened().store.help.list({ person: bob.person })).toMatchObject([{ kind: 'solution', session: null }]);
  });

  test('needs a person and, if any, a session that exist', async () => {
    const { person } = await learner(opened().store, 'Nobody’s session');
    const help = { lab: 'l', task: 't', kind: 'hint', number: 1 } as const;
    await expect(opened().store.help.take({ ...help, person: 'nobody', session: null })).rejects.toThrow();
    await expect(opened().store.help.take({ ...help, person, session: 'nothing' })).rejects.toThrow();
  });
});
