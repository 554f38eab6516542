import { expect, test } from 'vitest';
import { onEveryEngine } from './engines.ts';

onEveryEngine('people', (opened) => {
  test('a token opens its person until it expires, and is not in the database', async () => {
    const person = await opened().store.people.create({ name: 'Grace "=1+1" Hopper', roles: ['learner', 'instructor'] });
    const { token } = await opened().store.people.openSession(person.id, new Date(opened().now().getTime() + 3_600_000).toISOString());
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await opened().store.people.bySession(token)).toEqual(person);
    expect(await opened().store.people.get(person.id)).toEqual(person);
    opened().later(3_600_000);
    expect(await opened().store.people.bySession(token)).toBeNull();
  });

  test('closing one browser leaves the other', async () => {
    const { id } = await opened().store.people.create({ name: 'Two browsers', roles: ['learner'] });
    const expires = new Date(opened().now().getTime() + 3_600_000).toISOString();
    const [one, other] = await Promise.all([
      opened().store.people.openSession(id, expires),
      opened().store.people.openSession(id, expires),
    ]);
    await opened().store.people.closeSession(one.token);
    expect(await opened().store.people.bySession(one.token)).toBeNull();
    expect(await opened().store.people.bySession(other.token)).toMatchObject({ id });
  });

  test('a person seen again after a minute is still let in', async () => {
    const { id } = await opened().store.people.create({ name: 'Regular', roles: ['learner'] });
    const { token } = await opened().store.people.openSession(id, new Date(opened().now().getTime() + 3_600_000).toISOString());
    opened().later(61_000);
    expect(await opened().store.people.bySession(token)).toMatchObject({ id });
  });

  test('an unknown person or token is nobody', async () => {
    expect(await opened().store.people.get('nobody')).toBeNull();
    expect(await opened().store.people.bySession('')).toBeNull();
  });
});
