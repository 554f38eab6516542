import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { docker } from './a-lab.ts';
import { depotImage } from './depot/image.ts';
import { until } from './site.ts';

/** A Docker engine in a container of the machine's, to be stopped, killed and frozen. */
export interface OwnEngine {
  docker(): Dockerode;
  /** `liveRestore`: containers that run go on and outlive it, as an operator may set it; without they end. */
  start(options: { liveRestore: boolean }): Promise<void>;
  /** Sent to the engine's process; its containers are its own affair. */
  signal(name: 'TERM' | 'KILL' | 'STOP' | 'CONT'): Promise<void>;
  /** Removes all containers and networks in it. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing of it is in the host's network. */
export async function ownEngine(instance: string): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-engine-'));
  const host = { Privileged: true, Init: true, CgroupnsMode: 'private', Binds: [`${folder}:/engine`] };
  const container = await docker.createContainer({
    Image: await depotImage(),
    Cmd: ['sleep', 'infinity'],
    Labels: { 'slipway.instance': instance },
    Volumes: { '/var/lib/docker': {} },
    HostConfig: host,
  });
  await container.start();

  async function run(script: string): Promise<number> {
    const exec = await container.exec({ Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true });
    stream.resume();
    await new Promise((done) => stream.once('end', done));
    return (await exec.inspect()).ExitCode ?? -1;
  }
  const client = () => new Dockerode({ socketPath: join(folder, 'docker.sock') });

  const self: OwnEngine = {
    docker: client,
    async start({ liveRestore }) {
      const flags = ['-H unix:///engine/docker.sock', '--iptables=false', '--ip6tables=false', '--bridge=none'];
      if (liveRestore) flags.push('--live-restore');
      await run(`rm -f /run/docker.pid; setsid dockerd ${flags.join(' ')} >> /var/log/dockerd.log 2>&1 & sleep 0.1`);
      await until(
        async () =>
          (await client()
            .ping()
            .catch(() => null)) !== null,
        'the engine of our own to answer',
        60,
      );
    },
    async signal(name) {
      const isEnd = name === 'TERM' || name === 'KILL';
      const gone = 'while kill -0 $pid 2>/dev/null && ! grep -q "^State:.*Z" /proc/$pid/status; do sleep 0.05; done';
      const code = await run(`pid=$(pidof dockerd) && kill -${name} $pid ${isEnd ? `&& ${gone}` : ''}`);
      if (code !== 0) throw new Error(`the engine of our own could not be sent ${name}: ${code}`);
    },
    async clear() {
      const left = await client().listContainers({ all: true });
      await Promise.all(left.map(({ Id }) => client().getContainer(Id).remove({ force: true })));
      await client().pruneNetworks();
    },
    async close() {
      // A frozen process dies of no kill, not even that of the container around it.
      await self.signal('CONT');
      await self.clear();
      await container.remove({ force: true, v: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
  await self.start({ liveRestore: true });
  return self;
}
