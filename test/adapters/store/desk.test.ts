import { expect, test } from 'vitest';
import type { Drafts } from '#course/desk.ts';
import { onEveryEngine } from './engines.ts';

onEveryEngine('the desk', (opened) => {
  const somebody = async () => (await opened().store.people.create({ name: 'Ada', roles: ['learner'] })).id;

  test('gives back what was put last, by name, and leaves out what is not there', async () => {
    const ada = await somebody();
    const drafts: Drafts = { leader: 'redis-0 "quoted" 𝛼', other: '' };
    await opened().store.desk.put(ada, 'drafts:one', { leader: 'old' });
    await opened().store.desk.put(ada, 'drafts:one', drafts);
    await opened().store.desk.put(ada, 'place', { lesson: '04-x', at: null });
    expect(await opened().store.desk.get(ada, ['drafts:one', 'place', 'tabs:one'])).toEqual({
      'drafts:one': drafts,
      place: { lesson: '04-x', at: null },
    });
    expect(await opened().store.desk.get(ada, [])).toEqual({});
  });

  test('of two people is two desks', async () => {
    const [ada, bob] = [await somebody(), await somebody()];
    await opened().store.desk.put(ada, 'place', 'here');
    await opened().store.desk.put(bob, 'place', 'there');
    expect(await opened().store.desk.get(ada, ['place'])).toEqual({ place: 'here' });
  });

  test('written twenty times at once holds one of the values whole', async () => {
    const ada = await somebody();
    await Promise.all(Array.from({ length: 20 }, (_, at) => opened().store.desk.put(ada, 'place', { at, again: at })));
    const { place } = await opened().store.desk.get(ada, ['place']);
    expect(place).toEqual({ at: expect.any(Number), again: (place as { at: number }).at });
  });

  test('holds 500 names; the one longest untouched goes first', async () => {
    const [ada, bob] = [await somebody(), await somebody()];
    await opened().store.desk.put(bob, 'scroll:0', 'bob’s');
    for (let number = 0; number < 500; number++) {
      opened().later(1_000);
      await opened().store.desk.put(ada, `scroll:${number}`, number);
    }
    opened().later(1_000);
    await opened().store.desk.put(ada, 'scroll:0', 'touched again');
    opened().later(1_000);
    await opened().store.desk.put(ada, 'scroll:500', 500);
    expect(await opened().store.desk.get(ada, ['scroll:0', 'scroll:1', 'scroll:2', 'scroll:500'])).toEqual({
      'scroll:0': 'touched again',
      'scroll:2': 2,
      'scroll:500': 500,
    });
    expect(await opened().store.desk.get(bob, ['scroll:0'])).toEqual({ 'scroll:0': 'bob’s' });
  });
});
