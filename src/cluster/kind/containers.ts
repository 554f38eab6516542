import { randomBytes } from 'node:crypto';
import type Dockerode from 'dockerode';
import { ClusterError, type LabRef, type LabSpec, type OutsideContainerSpec, type ToolboxSpec } from '../port.ts';
import { type Engine, throwIfAborted } from './engine.ts';
import { engineStatus } from './failures.ts';
import { gatewayName, homeName, label, labelsOf, type NodeName, networkName, outsideName, toolboxName, wholeOf } from './names.ts';

/** The types of dockerode lack the control group namespace. */
type HostConfig = Dockerode.HostConfig & { CgroupnsMode?: 'private' };
type Body = Omit<Dockerode.ContainerCreateOptions, 'HostConfig'> & { name: string; HostConfig: HostConfig };

/** What the engine's storage and user settings ask of node containers. */
export interface EngineTraits {
  cgroup: '1' | '2';
  usernsRemap: boolean;
  rootless: boolean;
  /** Backing file systems on which the kubelet must see the device mapper. */
  needsDevMapper: boolean;
}

const MiB = 1024 * 1024;
export const gatewayPort = 7000;

/** What a node that is made from a capture begins with. */
export interface Begun {
  address: string;
  /** Becomes its `/var`. */
  volume: string;
  /** Seen by the node, read-only. The labels are for what the engine would make in its place if it were gone. */
  capture: { volume: string; at: string; labels: Record<string, string> };
  entrypoint: readonly string[];
}

/** A node as kind makes it (its CLI finds, loads into and deletes it), on the lab's network, with a constant host name. */
export function nodeBody(
  spec: LabSpec,
  node: NodeName,
  image: string,
  traits: EngineTraits,
  env: Readonly<Record<string, string>>,
  begun?: Begun,
): Body {
  const isControlPlane = node.role === 'control-plane';
  return {
    name: node.container,
    Image: image,
    Hostname: node.hostname,
    Tty: true,
    OpenStdin: false,
    Labels: {
      ...labelsOf(spec, 'node'),
      [label.cluster]: node.cluster,
      [label.hostname]: node.hostname,
      [label.kindCluster]: node.kindCluster,
      [label.kindRole]: node.role,
    },
    Env: [
      ...(isControlPlane ? ['KUBECONFIG=/etc/kubernetes/admin.conf'] : []),
      ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    ],
    ...(begun ? { Entrypoint: [...begun.entrypoint] } : { Volumes: { '/var': {} } }),
    ...(isControlPlane ? { ExposedPorts: { '6443/tcp': {} } } : {}),
    HostConfig: {
      Privileged: true,
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      Tmpfs: { '/tmp': '', '/run': '' },
      // Binds, not Mounts: a host without /lib/modules gets an empty one instead of an error.
      Binds: ['/lib/modules:/lib/modules:ro', ...(traits.needsDevMapper ? ['/dev/mapper:/dev/mapper'] : [])],
      ...(begun ? { Mounts: mountsOf(begun) } : {}),
      NetworkMode: networkName(spec.lab),
      CgroupnsMode: 'private',
      // Half of what others get when there is too little: whatever a cluster computes, shells answer.
      CpuShares: 512,
      Init: false,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 },
      ...(isControlPlane ? { PortBindings: { '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } } : {}),
      ...(traits.usernsRemap ? { UsernsMode: 'host' } : {}),
      ...(traits.rootless ? { Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }] } : {}),
    },
    NetworkingConfig: {
      EndpointsConfig: {
        [networkName(spec.lab)]: { Aliases: [node.hostname], ...(begun ? { IPAMConfig: { IPv4Address: begun.address } } : {}) },
      },
    },
  };
}

function mountsOf({ volume, capture }: Begun): Dockerode.MountConfig {
  return [
    { Type: 'volume', Source: volume, Target: '/var', VolumeOptions: noCopy },
    { Type: 'volume', Source: capture.volume, Target: capture.at, ReadOnly: true, VolumeOptions: { ...noCopy, Labels: capture.labels } },
  ];
}

/** The types of dockerode want all three. */
const noCopy = { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } };

/** Nothing in it can be gained by its user: uid 1000, no capability, a read-only root, limits, no socket of the engine. */
export function toolboxBody(spec: LabSpec, toolbox: ToolboxSpec): Body {
  const env = ['HOME=/home/learner', 'USER=learner', `KUBECONFIG=/home/learner/.kube/config`];
  return {
    name: toolboxName(spec.lab),
    Image: toolbox.image,
    Hostname: 'toolbox',
    User: '1000:1000',
    WorkingDir: '/home/learner',
    Env: env,
    Labels: { ...labelsOf(spec, 'toolbox'), [label.whole]: wholeOf(spec).join(',') },
    HostConfig: {
      ...confined(spec.lab),
      Memory: toolbox.memoryBytes,
      MemorySwap: toolbox.memoryBytes,
      NanoCpus: Math.round(toolbox.cpus * 1e9),
      PidsLimit: toolbox.pids,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,nosuid,nodev,mode=1777,size=256m', '/run': 'rw,nosuid,nodev,uid=1000,gid=1000,mode=0755,size=16m' },
      Mounts: [{ Type: 'volume', Source: homeName(spec.lab), Target: '/home/learner' }],
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(spec.lab)]: { Aliases: ['toolbox'] } } },
  };
}

/** The one way in from the server: a published loopback port, and a secret that whoever can inspect the container knows anyway. */
export function gatewayBody(spec: LabSpec, image: string): Body {
  return {
    name: gatewayName(spec.lab),
    Image: image,
    Hostname: 'gateway',
    Labels: labelsOf(spec, 'gateway'),
    Env: [`${gatewaySecret}=${randomBytes(24).toString('hex')}`],
    ExposedPorts: { [`${gatewayPort}/tcp`]: {} },
    HostConfig: {
      ...confined(spec.lab),
      Memory: 64 * MiB,
      PidsLimit: 64,
      ReadonlyRootfs: true,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      PortBindings: { [`${gatewayPort}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(spec.lab)]: {} } },
  };
}
export const gatewaySecret = 'SLIPWAY_GATEWAY_SECRET';

export function outsideBody(spec: LabSpec, container: OutsideContainerSpec): Body {
  return {
    name: outsideName(spec.lab, container.name),
    Image: container.image,
    Hostname: container.name,
    Labels: labelsOf(spec, container.name),
    Env: Object.entries(container.env).map(([key, value]) => `${key}=${value}`),
    ...(container.command ? { Cmd: [...container.command] } : {}),
    HostConfig: {
      NetworkMode: networkName(spec.lab),
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
      ...(container.memoryBytes ? { Memory: container.memoryBytes } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(spec.lab)]: { Aliases: [container.name] } } },
  };
}

function confined(lab: string): HostConfig {
  return { NetworkMode: networkName(lab), CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], Init: false };
}

/** Makes a container and starts it; one that stands already and carries the same labels is taken as it is. */
export async function ensureRunning(engine: Engine, ref: LabRef, body: Body, signal: AbortSignal): Promise<void> {
  await ensureCreated(engine, ref, body, signal);
  await startContainer(engine, body.name, signal);
}

/** Each try is given another port. */
const triesForPort = 4;

/** Starts a container that exists; one that runs already is left alone. */
export async function startContainer(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await engine.make(`start ${name}`, signal, (abortSignal) => engine.docker.getContainer(name).start({ abortSignal }));
      return;
    } catch (error) {
      if (engineStatus(error) === 304) return;
      // The engine picked a port that another program took in the same moment.
      if (!(error instanceof ClusterError && error.code === 'port') || tries === triesForPort) throw error;
    }
  }
}

export async function ensureCreated(engine: Engine, ref: LabRef, body: Body, signal: AbortSignal): Promise<void> {
  try {
    await engine.make(`make container ${body.name}`, signal, (abortSignal) => engine.docker.createContainer({ ...body, abortSignal }), 4);
  } catch (error) {
    if (engineStatus(error) !== 409) throw error;
    throwIfAborted(signal, `make container ${body.name}`);
    const present = await engine.call(`inspect ${body.name}`, signal, (abortSignal) =>
      engine.docker.getContainer(body.name).inspect({ abortSignal }),
    );
    const labels = present.Config.Labels;
    if (labels[label.instance] === ref.instance && labels[label.lab] === ref.lab && labels[label.epoch] === String(ref.epoch)) return;
    throw new ClusterError('engine', `A container called ${body.name} exists that is not this lab's.`, {
      command: `docker inspect ${body.name}`,
      advice: `If nobody uses it, remove it: \`docker rm -f -v ${body.name}\`.`,
      cause: error,
    });
  }
}

/** The named volume that is the learner's home. Made by the engine under the same name only once. */
export async function ensureHome(engine: Engine, ref: LabRef, signal: AbortSignal): Promise<void> {
  const name = homeName(ref.lab);
  await engine.make(`make volume ${name}`, signal, (abortSignal) =>
    engine.docker.createVolume({ Name: name, Labels: labelsOf(ref, 'home'), abortSignal }),
  );
}
