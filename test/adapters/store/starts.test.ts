import { expect, test } from 'vitest';
import { onEveryEngine } from './engines.ts';
import { learner } from './learners.ts';

onEveryEngine('lab instances', (opened) => {
  test('an intent is kept until it is forgotten, and a session then points to nothing', async () => {
    const { session } = await learner(opened().store);
    const admitted = await opened().store.sessions.admit(session.id);
    expect(admitted).toMatchObject({ state: 'starting', instance: expect.stringMatching(/^[a-z][a-z0-9]{11}$/) });
    expect(await opened().store.sessions.admit(session.id)).toBeNull();
    const [instance] = (await opened().store.instances.list()).filter((one) => one.id === admitted?.instance);
    if (instance === undefined) throw new Error('no row for the containers');
    expect(instance).toMatchObject({ lab: session.lab, epoch: 1, intent: 'present' });
    await opened().store.instances.setEpoch(instance.id, 2);
    await opened().store.instances.wantAbsent(instance.id);
    expect(await opened().store.instances.get(instance.id)).toEqual({ ...instance, epoch: 2, intent: 'absent' });
    await opened().store.instances.forget(instance.id);
    expect((await opened().store.instances.list()).map((one) => one.id)).not.toContain(instance.id);
    expect((await opened().store.sessions.get(session.id))?.instance).toBeNull();
  });
  test('a learner sees the phases in order, each with its state, and a new plan begins anew', async () => {
    const { session } = await learner(opened().store);
    const plan = [
      { id: 'network', title: 'Network' },
      { id: 'node', title: 'Node' },
      { id: 'init', title: 'Kubernetes' },
    ];
    await opened().store.phases.plan(session.id, 1, plan);
    await opened().store.phases.begin(session.id, 1, 'network');
    await opened().store.phases.end(session.id, 1, 'network', 101.6);
    await opened().store.phases.begin(session.id, 1, 'node');
    await opened().store.phases.detail(session.id, 1, 'node', 'loading an image');
    const list = await opened().store.phases.list(session.id, 1);
    expect(list.map((phase) => [phase.id, phase.state, phase.detail])).toEqual([
      ['network', 'done', null],
      ['node', 'running', 'loading an image'],
      ['init', 'waiting', null],
    ]);
    expect(list[0]).toMatchObject({ milliseconds: 102, startedAt: opened().now().toISOString() });
    await opened().store.phases.begin(session.id, 1, 'init');
    await opened().store.phases.fail(session.id, 1, 'node', 'the engine is gone');
    expect((await opened().store.phases.list(session.id, 1)).slice(1)).toMatchObject([
      { state: 'failed', detail: 'the engine is gone' },
      { state: 'waiting' },
    ]);
    await opened().store.phases.plan(session.id, 1, plan);
    expect((await opened().store.phases.list(session.id, 1)).map((phase) => phase.state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(await opened().store.phases.list(session.id, 2)).toEqual([]);
  });

  test('an estimate is made from the newest fifty good runs of that lab', async () => {
    const { id: person } = await opened().store.people.create({ name: 'Many starts', roles: ['learner'] });
    const { session } = await opened().store.sessions.begin({ person, lab: 'estimated', labVersion: '1' });
    for (let epoch = 1; epoch <= 60; epoch++) {
      opened().later(1_000);
      await opened().store.phases.plan(session.id, epoch, [
        { id: 'init', title: 'Kubernetes' },
        { id: 'setup', title: 'Set-up' },
      ]);
      await opened().store.phases.begin(session.id, epoch, 'init');
      if (epoch % 2) await opened().store.phases.fail(session.id, epoch, 'setup', 'no');
      await opened().store.phases.end(session.id, epoch, 'init', epoch <= 10 ? 1_000_000 : epoch - 10);
    }
    expect(await opened().store.phases.estimates('estimated')).toEqual({ init: { p50: 25, p90: 45 } });
    expect(await opened().store.phases.estimates('never started')).toEqual({});
  });
  test('entries of the named witnesses come back oldest first, each epoch its own', async () => {
    const { session } = await learner(opened().store);
    const entry = (witness: string, value: string) => ({
      at: opened().now().toISOString(),
      witness,
      kind: 'seen' as const,
      value: { uid: value },
    });
    await opened().store.journal.append(session.id, 1, entry('pod', 'a'));
    await opened().store.journal.append(session.id, 1, entry('other', 'x'));
    const second = await opened().store.journal.append(session.id, 1, entry('pod', 'b'));
    await opened().store.journal.append(session.id, 2, entry('pod', 'c'));
    const seen = await opened().store.journal.list(session.id, 1, ['pod']);
    expect(seen.map((one) => one.value)).toEqual([{ uid: 'a' }, { uid: 'b' }]);
    expect(seen[1]).toEqual(second);
    expect(await opened().store.journal.list(session.id, 1, [])).toEqual([]);
  });

  test('entries written at once are all kept, under different numbers', async () => {
    const { session } = await learner(opened().store);
    const at = opened().now().toISOString();
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, value) => opened().store.journal.append(session.id, 1, { at, witness: 'pod', kind: 'seen', value })),
    );
    expect(new Set(written.map((entry) => entry.seq)).size).toBe(20);
    expect(await opened().store.journal.list(session.id, 1, ['pod'])).toHaveLength(20);
  });
});
