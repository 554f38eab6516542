import type Dockerode from 'dockerode';
import { images } from '#cluster/images/index.ts';
import { ensureHome, toolboxBody } from '#cluster/kind/containers.ts';
import { engineOf } from '#cluster/kind/engine.ts';
import { openStore } from '#store/open.ts';
import { docker, provider } from './a-lab.ts';
import type { Site } from './site.ts';

const engine = engineOf(docker);
const slipway = provider();
const MiB = 1024 * 1024;

/** A lab that is nothing but its toolbox, its session ready, and the cookie of the one who owns it. */
export interface ToolboxLab {
  session: string;
  cookie: string;
  container: Dockerode.Container;
  /** The shells as the supervisor tells of them. */
  list(): Promise<ListedShell[]>;
  /** What an end of the lab does to its containers. */
  end(): Promise<void>;
}

interface ListedShell {
  id: string;
  start: number;
  end: number;
  paused: boolean;
}

/**
 * Labs without clusters for a server that has not been started yet: rows as a start would have left them, and the very
 * containers that a start makes, without a network. The server must run with SLIPWAY_NO_ENGINE=1, or its reconciler mends them.
 */
export async function toolboxes(here: Site, count = 1, root = process.cwd()): Promise<ToolboxLab[]> {
  const { ref: image } = await images(docker, { root }).ensure('toolbox', { signal: AbortSignal.timeout(900_000) });
  const store = await openStore({ folder: here.data });
  try {
    const labs: ToolboxLab[] = [];
    for (let number = 0; number < count; number += 1) {
      const person = await store.people.create({ name: `Learner ${number + 1}`, roles: ['learner'] });
      const { token } = await store.people.openSession(person.id, new Date(Date.now() + 86_400_000).toISOString());
      const { session } = await store.sessions.begin({ person: person.id, lab: '04-state-inside', labVersion: 'none' });
      await store.sessions.admit(session.id);
      const ready = await store.sessions.move(session.id, 'ready');
      if (ready?.instance == null) throw new Error('the session is not ready');
      const { instance: lab, epoch } = ready;
      const ref = { instance: here.instance, lab, epoch };
      const spec = { ...ref, clusters: [], containers: [], images: [] };
      const toolbox = { image, memoryBytes: 512 * MiB, cpus: 1, pids: 256 };
      const { NetworkingConfig: _, ...body } = toolboxBody({ ...spec, proberRules: [], toolbox }, toolbox);
      await ensureHome(engine, ref, AbortSignal.timeout(10_000));
      const container = await docker.createContainer({ ...body, HostConfig: { ...body.HostConfig, NetworkMode: 'none' } });
      await container.start();
      labs.push({
        session: session.id,
        cookie: `slipway=${token}`,
        container,
        async list() {
          const done = await slipway.exec(ref, { kind: 'toolbox' }, ['slipway-shell', 'list'], { signal: AbortSignal.timeout(10_000) });
          return JSON.parse(done.stdout) as ListedShell[];
        },
        end: () => slipway.remove({ instance: here.instance, lab }, AbortSignal.timeout(60_000)),
      });
    }
    return labs;
  } finally {
    await store.close();
  }
}

/** Removes whatever carries this site's label. */
export async function sweep(here: Site): Promise<void> {
  const filters = JSON.stringify({ label: [`slipway.instance=${here.instance}`] });
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const homes = containers.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => (Name?.startsWith('slipway-') ? [Name] : [])));
  for (const name of homes) await docker.getVolume(name).remove();
}

/** The numbers of a container's processes on this host. */
export async function processesOf(container: Dockerode.Container): Promise<number[]> {
  const { Titles, Processes } = await container.top();
  const at = Titles.indexOf('PID');
  return Processes.map((process: string[]) => Number(process[at]));
}
