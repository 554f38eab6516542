import type Docker from 'dockerode';

/** What an instance has made in the engine. */
export interface Owned {
  containers: readonly { id: string; name: string; lab: string | undefined; state: string }[];
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
      .map(({ Id, Names, Labels, State }) => ({ id: Id, name: Names[0]?.slice(1) ?? Id, lab: Labels['slipway.lab'], state: State })),
    networks: networks.filter(({ Labels }) => mine(Labels)).map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: volumes.Volumes.filter(({ Labels }) => mine(Labels)).map(({ Name }) => Name),
  };
}

/** Removes all of it, containers first, with their anonymous volumes. What is gone already is no failure. */
export async function removeOwned(docker: Docker, owned: Owned, abortSignal: AbortSignal, removed: (what: string) => void): Promise<void> {
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
    // 409: the removal is already in progress.
    if (status !== 404 && status !== 409) throw error;
  }
}
