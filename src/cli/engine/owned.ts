import type Docker from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import { CommandFailure } from '../failure.ts';

/** What an instance has made in the engine. */
export interface Owned {
  containers: readonly { id: string; name: string; instance: string; lab: string | undefined; state: string }[];
  networks: readonly { id: string; name: string }[];
  volumes: readonly string[];
}

/** Everything labelled as one instance's; `match` decides on the label's value. */
export async function findOwned(docker: Docker, match: (instance: string) => boolean, abortSignal: AbortSignal): Promise<Owned> {
  const filters = JSON.stringify({ label: ['slipway.instance'] });
  const mine = (labels: Readonly<Record<string, string>> | undefined | null) => {
    const instance = labels?.['slipway.instance'];
    return instance !== undefined && match(instance);
  };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters, abortSignal }),
    docker.listNetworks({ filters, abortSignal }),
    docker.listVolumes({ filters, abortSignal }),
  ]);
  return {
    containers: containers
      .filter(({ Labels }) => mine(Labels))
      .map(({ Id, Names, Labels, State }) => ({
        id: Id,
        name: Names[0]?.slice(1) ?? Id,
        instance: Labels['slipway.instance'] ?? '',
        lab: Labels['slipway.lab'],
        state: State,
      })),
    networks: networks.filter(({ Labels }) => mine(Labels)).map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: volumes.Volumes.filter(({ Labels }) => mine(Labels)).map(({ Name }) => Name),
  };
}

/** Removes all of it: labs first, then what is left, containers with their anonymous volumes. What is gone already is no failure. */
export async function removeOwned(docker: Docker, owned: Owned, abortSignal: AbortSignal, removed: (what: string) => void): Promise<void> {
  const failures = await removeLabs(docker, owned, abortSignal, removed);
  try {
    await removeLeft(docker, owned, abortSignal, removed);
  } catch (error) {
    // Why its lab could not be removed says more than that its container could not.
    throw failures[0] ?? error;
  }
}

/** Labs by their provider, who knows the cure for a node that no kill ends. Answers what failed: the rest is removed all the same. */
async function removeLabs(docker: Docker, owned: Owned, signal: AbortSignal, removed: (what: string) => void): Promise<unknown[]> {
  const provider = kindProvider({ docker, nodeImage: noStart, gatewayImage: noStart });
  const ids = new Set(owned.containers.map(({ id }) => id));
  const instances = [...new Set(owned.containers.map(({ instance }) => instance))];
  const outcomes = await Promise.allSettled(
    instances.map(async (instance) => {
      const labs = (await provider.find(instance, signal)).filter(
        ({ lab, containers }) => lab !== '' && containers.length > 0 && containers.every(({ id }) => ids.has(id)),
      );
      const each = await Promise.allSettled(
        labs.map(async ({ lab, epoch }) => {
          await provider.remove({ instance, lab, epoch }, signal);
          removed(`lab ${lab}`);
        }),
      );
      return each.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    }),
  );
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : outcome.value));
}

const noStart = () => Promise.reject(new CommandFailure('no lab is started here'));

async function removeLeft(docker: Docker, owned: Owned, abortSignal: AbortSignal, removed: (what: string) => void): Promise<void> {
  await Promise.all(
    owned.containers.map(async ({ id, name }) => {
      await gone(docker.getContainer(id).remove({ force: true, v: true, abortSignal }));
      removed(`container ${name}`);
    }),
  );
  for (const { id, name } of owned.networks) {
    await gone(docker.getNetwork(id).remove({ abortSignal }));
    removed(`network ${name}`);
  }
  for (const name of owned.volumes) {
    await gone(docker.getVolume(name).remove({ force: true, abortSignal }));
    removed(`volume ${name}`);
  }
}

export const isNothing = (owned: Owned) => owned.containers.length + owned.networks.length + owned.volumes.length === 0;

/** In words, e.g. `4 containers, 1 network, 2 volumes`. */
export function countOwned(owned: Owned): string {
  const say = (count: number, noun: string) => (count === 0 ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`]);
  return [
    ...say(owned.containers.length, 'container'),
    ...say(owned.networks.length, 'network'),
    ...say(owned.volumes.length, 'volume'),
  ].join(', ');
}

async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    const isUnderWay = status === 409 && error instanceof Error && error.message.includes('already in progress');
    if (status !== 404 && !isUnderWay) throw error;
  }
}
