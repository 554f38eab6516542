import type Docker from 'dockerode';
import { findOwned, isNothing, type Owned, removeOwned } from '../engine/owned.ts';
import type { Outcome } from './outcome.ts';

const ofTests = (instance: string) => instance.startsWith('test-');

/** The ids and names of what tests have in the engine, to tell later what is new. */
export async function testObjects(docker: Docker, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const owned = await findOwned(docker, ofTests, signal);
  return new Set([...owned.containers.map(({ id }) => id), ...owned.networks.map(({ id }) => id), ...owned.volumes]);
}

/**
 * Removes what tests made since `before` and left behind; that there is any is a failure of its own.
 * With `keep` it stays, for somebody to look at.
 */
export async function sweep(docker: Docker, before: ReadonlySet<string>, keep: boolean, signal: AbortSignal): Promise<Outcome> {
  const all = await findOwned(docker, ofTests, signal);
  const left: Owned = {
    containers: all.containers.filter(({ id }) => !before.has(id)),
    networks: all.networks.filter(({ id }) => !before.has(id)),
    volumes: all.volumes.filter((name) => !before.has(name)),
  };
  const name = 'the tests leave nothing in the engine';
  if (isNothing(left)) return { name, state: 'passed' };
  const names = [...left.containers.map((one) => one.name), ...left.networks.map((one) => one.name), ...left.volumes].join(', ');
  if (keep) return { name, state: 'failed', note: `left over, and kept: ${names}` };
  await removeOwned(docker, left, signal, () => undefined);
  return { name, state: 'failed', note: `left over, and removed now: ${names}` };
}
