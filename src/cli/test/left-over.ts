import type Docker from 'dockerode';
import { findOwned, type Owned, removeOwned } from '../engine/owned.ts';
import type { Outcome } from './outcome.ts';

const ofTests = (instance: string) => instance.startsWith('test-');

/** The ids and names of what tests have in the engine, to tell later what is new. */
export async function testObjects(docker: Docker, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const owned = await findOwned(docker, ofTests, signal);
  return new Set([...owned.containers.map(({ id }) => id), ...owned.networks.map(({ id }) => id), ...owned.volumes]);
}

/** Removes what tests made since `before` and left behind; that there is any is a failure of its own. */
export async function sweep(docker: Docker, before: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome> {
  const all = await findOwned(docker, ofTests, signal);
  const left: Owned = {
    containers: all.containers.filter(({ id }) => !before.has(id)),
    networks: all.networks.filter(({ id }) => !before.has(id)),
    volumes: all.volumes.filter((name) => !before.has(name)),
  };
  const removed: string[] = [];
  await removeOwned(docker, left, signal, (what) => removed.push(what));
  const name = 'the tests leave nothing in the engine';
  return removed.length === 0
    ? { name, state: 'passed' }
    : { name, state: 'failed', note: `left over, and removed now: ${removed.join(', ')}` };
}
