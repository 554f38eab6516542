import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findOwned, isNothing, removeOwned } from '#cli/engine/owned.ts';
import { type FakeEngine, fakeEngine } from '../../fakes/engine/engine.ts';

vi.setConfig({ testTimeout: 30_000 });

let engine: FakeEngine;
beforeEach(async () => {
  engine = await fakeEngine();
});
afterEach(() => engine.close());

const signal = AbortSignal.timeout(60_000);
const labels = (instance: string, part: string, lab?: string) => ({
  'slipway.instance': instance,
  'slipway.part': part,
  ...(lab === undefined ? {} : { 'slipway.lab': lab, 'slipway.epoch': '1' }),
});

async function run(name: string, Labels: Record<string, string>): Promise<void> {
  engine.images.add('node');
  await (await engine.docker().createContainer({ name, Image: 'node', Labels })).start();
}

/** A lab of one node with its network and volume, and a container that belongs to no lab. */
async function instance(name: string): Promise<void> {
  await run(`${name}-node`, labels(name, 'node', name));
  await run(`${name}-helper`, labels(name, 'helper'));
  engine.networks.set(`${name}-net`, { Id: `${name}-net`, Name: `${name}-net`, Labels: labels(name, 'network', name) });
  engine.volumes.set(`${name}-home`, { Name: `${name}-home`, Labels: labels(name, 'home', name) });
}

const owned = (of: string) => findOwned(engine.docker(), (name) => name === of, signal);

test('what an instance made is removed, what others made stays', async () => {
  await instance('ours');
  await instance('theirs');
  const told: string[] = [];
  await removeOwned(engine.docker(), await owned('ours'), signal, (what) => told.push(what));
  expect(engine.everything()).toEqual(['theirs-helper', 'theirs-home', 'theirs-net', 'theirs-node']);
  expect(told).toEqual(expect.arrayContaining(['lab ours', 'container ours-helper']));
  expect(isNothing(await owned('ours'))).toBe(true);
});

test('a node that no kill ends, because its pods were frozen, is removed all the same', async () => {
  await instance('ours');
  engine.frozen.add('ours-node');
  await removeOwned(engine.docker(), await owned('ours'), signal, () => undefined);
  expect(engine.everything()).toEqual([]);
});

test('of a lab that was there before the list was made, only what is on the list goes', async () => {
  await instance('ours');
  const all = await owned('ours');
  const listed = { ...all, containers: all.containers.filter(({ lab }) => lab === undefined), networks: [], volumes: [] };
  await removeOwned(engine.docker(), listed, signal, () => undefined);
  expect(engine.everything()).toEqual(['ours-home', 'ours-net', 'ours-node']);
});
