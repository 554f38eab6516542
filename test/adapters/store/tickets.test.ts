import { expect, test } from 'vitest';
import { onEveryEngine } from './engines.ts';

onEveryEngine('tickets', (opened) => {
  const issue = async (purpose = 'preview', seconds = 60) => {
    const { id: person } = await opened().store.people.create({ name: 'Ada', roles: ['learner'] });
    const expiresAt = new Date(opened().now().getTime() + seconds * 1000).toISOString();
    const ticket = { person, purpose, value: { session: 's1', label: 'web' }, expiresAt };
    return { ticket, ...(await opened().store.tickets.issue(ticket)) };
  };

  test('of twenty that redeem one at once, one gets it', async () => {
    const { ticket, token } = await issue();
    const got = await Promise.all(Array.from({ length: 20 }, () => opened().store.tickets.redeem('preview', token)));
    expect(got.filter((one) => one !== null)).toEqual([ticket]);
    expect(await opened().store.tickets.redeem('preview', token)).toBeNull();
  });

  test('one that is looked at stays', async () => {
    const { ticket, token } = await issue();
    expect(await opened().store.tickets.find('preview', token)).toEqual(ticket);
    expect(await opened().store.tickets.find('preview', token)).toEqual(ticket);
    expect(await opened().store.tickets.redeem('preview', token)).toEqual(ticket);
    expect(await opened().store.tickets.find('preview', token)).toBeNull();
  });

  test('is good for its purpose alone, and another try does not use it up', async () => {
    const { ticket, token } = await issue('preview');
    expect(await opened().store.tickets.redeem('kubeconfig', token)).toBeNull();
    expect(await opened().store.tickets.find('kubeconfig', token)).toBeNull();
    expect(await opened().store.tickets.redeem('preview', token)).toEqual(ticket);
  });

  test('is good until it expires, not a moment longer', async () => {
    const { ticket, token } = await issue('preview', 60);
    opened().later(59_999);
    expect(await opened().store.tickets.find('preview', token)).toEqual(ticket);
    opened().later(1);
    expect(await opened().store.tickets.find('preview', token)).toBeNull();
    expect(await opened().store.tickets.redeem('preview', token)).toBeNull();
  });

  test('an unknown token is nothing', async () => {
    expect(await opened().store.tickets.redeem('preview', '')).toBeNull();
    expect(await opened().store.tickets.find('preview', 'x'.repeat(43))).toBeNull();
  });
});
