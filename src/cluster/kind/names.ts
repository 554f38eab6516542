import { ClusterError, type ClusterSpec, type LabRef, type LabSpec } from '../port.ts';

/** Labels on every object of a lab. Labels cannot change, so they name the lab instance and never a session. */
export const label = {
  instance: 'slipway.instance',
  lab: 'slipway.lab',
  epoch: 'slipway.epoch',
  /** `node`, `toolbox`, `gateway`, `home`, `network`, or the name of an outside container. */
  part: 'slipway.part',
  cluster: 'slipway.cluster',
  hostname: 'slipway.hostname',
  /** On the toolbox: names of all containers that a whole lab has. */
  whole: 'slipway.whole',
  kindCluster: 'io.x-k8s.kind.cluster',
  kindRole: 'io.x-k8s.kind.role',
  /** On what belongs to a capture, instead of `lab` and `epoch`: its key. */
  capture: 'slipway.capture',
  taking: 'slipway.capture.taking',
} as const;

export interface NodeName {
  cluster: string;
  role: 'control-plane' | 'worker';
  /** Constant per lab file, so that lessons and fixtures agree. */
  hostname: string;
  container: string;
  kindCluster: string;
}

const reserved = new Set(['node', 'toolbox', 'gateway', 'home', 'network', 'control-plane', 'worker', 'worker2']);

/** Refuses a spec whose names could not be derived, before anything is made. */
export function checkSpec(spec: LabSpec): void {
  const bad = (message: string) => new ClusterError('step-failed', message, { advice: 'Correct lab.yaml.' });
  if (!/^[a-z0-9][a-z0-9-]{0,47}$/.test(spec.lab)) throw bad(`"${spec.lab}" cannot be part of a container's name`);
  if (spec.clusters.length === 0) throw bad('a lab needs at least one cluster');
  for (const cluster of spec.clusters) {
    const planes = cluster.nodes.filter((node) => node.role === 'control-plane').length;
    if (planes !== 1 || cluster.nodes.length > 3) throw bad(`cluster ${cluster.name} needs one control plane and at most two workers`);
  }
  for (const { name } of spec.containers) if (reserved.has(name)) throw bad(`an outside container cannot be called ${name}`);
  const all = wholeOf(spec);
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice) throw bad(`two containers would be called ${twice}`);
}

export const networkName = (lab: string): string => `slipway-${lab}`;
export const toolboxName = (lab: string): string => `slipway-${lab}-toolbox`;
export const gatewayName = (lab: string): string => `slipway-${lab}-gateway`;
export const homeName = (lab: string): string => `slipway-${lab}-home`;
export const outsideName = (lab: string, name: string): string => `slipway-${lab}-${name}`;

/** Nodes of a spec, the control plane of each cluster first; container names are those the kind CLI would give. */
export function nodeNames(spec: LabSpec): NodeName[] {
  return spec.clusters.flatMap((cluster) => clusterNodes(spec, cluster));
}

export function clusterNodes(spec: LabSpec, cluster: ClusterSpec): NodeName[] {
  const several = spec.clusters.length > 1;
  const kindCluster = several ? `slipway-${spec.lab}-${cluster.name}` : `slipway-${spec.lab}`;
  const named = (role: NodeName['role'], suffix: string): NodeName => ({
    cluster: cluster.name,
    role,
    hostname: several ? `${cluster.name}-${suffix}` : suffix,
    container: `${kindCluster}-${suffix}`,
    kindCluster,
  });
  const workers = cluster.nodes.filter((node) => node.role === 'worker');
  return [
    named('control-plane', 'control-plane'),
    ...workers.map((_, index) => named('worker', index === 0 ? 'worker' : `worker${index + 1}`)),
  ];
}

export function controlPlane(spec: LabSpec, cluster: ClusterSpec): NodeName {
  const [first] = clusterNodes(spec, cluster);
  if (!first) throw new ClusterError('step-failed', `cluster ${cluster.name} has no control plane`);
  return first;
}

/** Every container a whole lab has. */
export function wholeOf(spec: LabSpec): string[] {
  return [
    ...nodeNames(spec).map((node) => node.container),
    toolboxName(spec.lab),
    gatewayName(spec.lab),
    ...spec.containers.map(({ name }) => outsideName(spec.lab, name)),
  ];
}

export function labelsOf(ref: LabRef, part: string): Record<string, string> {
  return { [label.instance]: ref.instance, [label.lab]: ref.lab, [label.epoch]: String(ref.epoch), [label.part]: part };
}

/**
 * The volume that keeps one node of a capture; with part `whole` the empty one that says that all are there. Each taking has an id of
 * its own in it: labs may still need what was taken under the same key before.
 */
export function captureVolume(instance: string, key: string, taking: string, part: string): string {
  return `slipway-capture-${instance}-${key.slice(0, 16)}-${taking}-${part}`;
}

/** The volume that is `/var` of a node made from a capture. */
export const nodeVolume = (node: NodeName): string => `${node.container}-var`;

/** The engine's filter for a lab's objects; without `epoch`, of every epoch. */
export function labelFilter(lab: { instance: string; lab?: string; epoch?: number }): string[] {
  const filter = [`${label.instance}=${lab.instance}`];
  if (lab.lab !== undefined) filter.push(`${label.lab}=${lab.lab}`);
  if (lab.epoch !== undefined) filter.push(`${label.epoch}=${lab.epoch}`);
  return filter;
}
