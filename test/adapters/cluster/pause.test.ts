import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeLab, fakeLab, soon, spec } from './fake-lab.ts';

const database = { name: 'db', image: 'db:1', env: {} };
const ref = spec();
let lab: FakeLab;
beforeEach(async () => {
  lab = await fakeLab();
  await lab.provider.create(spec({ containers: [database] }), () => {}, soon());
  lab.engine.calls.length = 0;
});
afterEach(() => lab.close());

const states = () =>
  Object.fromEntries([...lab.engine.containers.values()].map(({ Name, State }) => [Name.replace('slipway-l1-', ''), State]));
const asked = (verb: string) =>
  lab.engine.calls.flatMap((call) => {
    const [, id] = new RegExp(`^POST /containers/(\\w+)/${verb}$`).exec(call) ?? [];
    const found = [...lab.engine.containers.values()].find(({ Id }) => Id === id);
    return found ? [found.Name.replace('slipway-l1-', '')] : [];
  });
const after = { pausedFor: 1_000, report: () => {} };
const all = (state: string) => ({ 'control-plane': state, db: state, gateway: state, toolbox: state });

test('a pause freezes the shell first and what answers last; a resume goes the other way', async () => {
  await lab.provider.pause(ref, soon());
  expect(states()).toEqual(all('paused'));
  expect(asked('pause')).toEqual(['toolbox', 'control-plane', 'db', 'gateway']);
  expect(await lab.provider.resume(ref, after, soon())).toEqual({ missing: [] });
  expect(states()).toEqual(all('running'));
  expect(asked('unpause')).toEqual(['gateway', 'db', 'control-plane', 'toolbox']);
});

test('pausing what is paused and resuming what runs are done already', async () => {
  await lab.provider.resume(ref, after, soon());
  expect(asked('unpause')).toEqual([]);
  await lab.provider.pause(ref, soon());
  await lab.provider.pause(ref, soon());
  expect(asked('pause')).toHaveLength(4);
});

test('an engine that says "not paused" after a good pause is asked again', async () => {
  await lab.provider.pause(ref, soon());
  lab.engine.liar = 'slipway-l1-control-plane';
  await lab.provider.resume(ref, after, soon());
  expect(states()).toEqual(all('running'));
  expect(asked('unpause').filter((name) => name === 'control-plane')).toHaveLength(2);
});

test('a paused lab is told from one that runs, one that is half paused, and one that is lost', async () => {
  const condition = () => lab.provider.condition(ref, soon());
  const set = (name: string, state: 'running' | 'paused' | 'exited') => {
    const one = lab.engine.containers.get(`slipway-l1-${name}`);
    if (one) one.State = state;
  };
  expect(await condition()).toBe('running');
  set('db', 'paused');
  expect(await condition()).toBe('mixed');
  await lab.provider.pause(ref, soon());
  expect(await condition()).toBe('paused');
  expect(await lab.provider.open(ref, soon())).toBeNull();
  set('db', 'exited');
  expect(await condition()).toBe('gone');
  await expect(lab.provider.resume(ref, after, soon())).rejects.toMatchObject({ code: 'gone' });
  lab.engine.containers.delete('slipway-l1-db');
  expect(await condition()).toBe('gone');
  expect(await lab.provider.condition(spec({ epoch: 2 }), soon())).toBe('gone');
});

test('a pause that was cut off in the middle is finished by the next', async () => {
  lab.engine.fault = { at: 5, how: 'lost' };
  await expect(lab.provider.pause(ref, soon())).rejects.toMatchObject({ code: 'no-engine' });
  expect(Object.values(states())).toContain('running');
  lab.engine.fault = null;
  await lab.provider.pause(ref, soon());
  expect(states()).toEqual(all('paused'));
});

test('a paused lab is removed like any other', async () => {
  await lab.provider.pause(ref, soon());
  await lab.provider.remove(ref, soon());
  expect(lab.engine.everything()).toEqual([]);
});
