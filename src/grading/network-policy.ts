import type { z } from 'zod';
import { inBlock } from './cidr.ts';
import type { NetworkNamespace, NetworkPod, NetworkPolicy, PolicyPeer, PolicyPort, Protocol, Selector } from './network-objects.ts';
import type { Allowed, Connection, Peer } from './observe/policy.ts';

export interface Network {
  namespaces: readonly NetworkNamespace[];
  pods: readonly NetworkPod[];
  policies: readonly NetworkPolicy[];
}

type End = NetworkPod | { ip: string };
const isPod = (end: End): end is NetworkPod => 'metadata' in end;

/** What is said of one connection. `by` is empty where nothing isolates or nothing gets through, `stoppedBy` where it gets through. */
export interface Ruling {
  allowed: boolean;
  by: readonly string[];
  stoppedBy: readonly string[];
}
const free: Ruling = { allowed: true, by: [], stoppedBy: [] };

/**
 * Whether policies let one end connect to another: the sender's egress and the receiver's ingress must both allow it.
 * What no policy can stop is free: a pod to itself, and a pod to and from the node it runs on. Pods on the host's network are
 * isolated by no policy and chosen by no selector, only by an address. A port that the receiver does not name is not reached.
 */
export function allows(
  { namespaces, policies }: Pick<Network, 'namespaces' | 'policies'>,
  from: End,
  to: End,
  port: number | string,
  protocol: Protocol,
): Ruling {
  const number = typeof port === 'number' ? port : (portsOf(to, port, protocol)[0] ?? null);
  if (number === null) return { allowed: false, by: [], stoppedBy: [] };
  if (isItself(from, to) || isOwnNode(from, to) || isOwnNode(to, from)) return free;

  const isOpenFor = (ports: readonly PolicyPort[]) =>
    ports.length === 0 || ports.some((rule) => rule.protocol === protocol && isPort(rule, number, to));
  const gate = (direction: 'Ingress' | 'Egress', at: End, other: End) => {
    const isolating = policies.filter((policy) => typesOf(policy).has(direction) && isSelected(policy, at));
    const letting = isolating.filter((policy) =>
      rulesOf(policy, direction).some(
        ({ peers, ports }) =>
          isOpenFor(ports) && (peers.length === 0 || peers.some((peer) => isPeer(peer, other, policy.metadata.namespace, namespaces))),
      ),
    );
    return { isolating, letting, isOpen: isolating.length === 0 || letting.length > 0 };
  };
  const gates = [gate('Egress', from, to), gate('Ingress', to, from)];
  const closed = gates.filter(({ isOpen }) => !isOpen);
  return closed.length > 0
    ? { allowed: false, by: [], stoppedBy: names(closed.flatMap(({ isolating }) => isolating)) }
    : { allowed: true, by: names(gates.flatMap(({ letting }) => letting)), stoppedBy: [] };
}

/** What holds for every pair of pods of a connection. A pod counts as its own peer only when there is no other pair. */
export function connects(network: Network, { from, to, port, protocol = 'TCP' }: Connection): z.infer<typeof Allowed> {
  const [senders, receivers] = [endsOf(network.pods, from), endsOf(network.pods, to)];
  const all = senders.flatMap((sender) => receivers.map((receiver) => [sender, receiver] as const));
  const others = all.filter(([sender, receiver]) => !isItself(sender, receiver));
  const rulings = (others.length > 0 ? others : all).map(([sender, receiver]) => allows(network, sender, receiver, port, protocol));
  const through = rulings.filter(({ allowed }) => allowed).length;
  return {
    allowed: rulings.length === 0 ? 'no-pods' : through === rulings.length ? 'all' : through > 0 ? 'some' : 'none',
    by: unique(rulings.flatMap(({ by }) => by)),
    stoppedBy: unique(rulings.flatMap(({ stoppedBy }) => stoppedBy)),
  };
}

/** The pods of a selection that run and stay, or the address itself. */
export function endsOf(pods: readonly NetworkPod[], peer: Peer): End[] {
  if ('ip' in peer) return [peer];
  return pods.filter(
    ({ metadata, status }) =>
      metadata.namespace === peer.namespace &&
      metadata.deletionTimestamp === undefined &&
      status.phase === 'Running' &&
      matches({ matchLabels: peer.labels, matchExpressions: [] }, metadata.labels),
  );
}

const isItself = (one: End, other: End) => isPod(one) && isPod(other) && one.metadata.uid === other.metadata.uid;

/** Whether `host` is the node that a pod runs on, or a pod on that node's own network. */
function isOwnNode(pod: End, host: End): boolean {
  if (!isPod(pod)) return false;
  return isPod(host)
    ? host.spec.hostNetwork && host.spec.nodeName !== '' && host.spec.nodeName === pod.spec.nodeName
    : host.ip === pod.status.hostIP;
}

function isSelected({ metadata, spec }: NetworkPolicy, at: End): boolean {
  return isPod(at) && !at.spec.hostNetwork && at.metadata.namespace === metadata.namespace && matches(spec.podSelector, at.metadata.labels);
}

/** Without `policyTypes` a policy is about ingress, and about egress when it has such rules. */
function typesOf({ spec: { policyTypes, egress } }: NetworkPolicy): ReadonlySet<'Ingress' | 'Egress'> {
  if (policyTypes.length > 0) return new Set(policyTypes);
  return new Set(egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
}

const rulesOf = ({ spec }: NetworkPolicy, direction: 'Ingress' | 'Egress') =>
  direction === 'Ingress'
    ? spec.ingress.map(({ from, ports }) => ({ peers: from, ports }))
    : spec.egress.map(({ to, ports }) => ({ peers: to, ports }));

/** A peer's selectors hold together; without a namespace selector it means pods of the policy's own namespace. */
function isPeer(peer: PolicyPeer, end: End, own: string, namespaces: readonly NetworkNamespace[]): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock) {
    return addressesOf(end).some((ip) => inBlock(ip, ipBlock.cidr) && !ipBlock.except.some((block) => inBlock(ip, block)));
  }
  if (!isPod(end) || end.spec.hostNetwork || !(podSelector || namespaceSelector)) return false;
  const home = namespaces.find(({ metadata }) => metadata.name === end.metadata.namespace);
  const isNamespace = namespaceSelector ? matches(namespaceSelector, home?.metadata.labels ?? {}) : end.metadata.namespace === own;
  return isNamespace && (podSelector === undefined || matches(podSelector, end.metadata.labels));
}

function isPort({ port, endPort, protocol }: PolicyPort, number: number, to: End): boolean {
  if (port === undefined) return true;
  if (typeof port === 'number') return endPort === undefined ? number === port : port <= number && number <= endPort;
  return portsOf(to, port, protocol).includes(number);
}

/** The numbers of a pod's ports of this name, in its containers and sidecars. */
function portsOf(end: End, name: string, protocol: Protocol): number[] {
  if (!isPod(end)) return [];
  const { containers, initContainers } = end.spec;
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
    .flatMap(({ ports }) => ports)
    .filter((port) => port.name === name && port.protocol === protocol)
    .map(({ containerPort }) => containerPort);
}

/** A selector without terms matches everything. */
function matches({ matchLabels, matchExpressions }: Selector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string, values: readonly string[]) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
  const holds = {
    In: has,
    NotIn: (key: string, values: readonly string[]) => !has(key, values),
    Exists: (key: string) => Object.hasOwn(labels, key),
    DoesNotExist: (key: string) => !Object.hasOwn(labels, key),
  };
  return (
    Object.entries(matchLabels).every(([key, value]) => has(key, [value])) &&
    matchExpressions.every(({ key, operator, values }) => holds[operator](key, values))
  );
}

const addressesOf = (end: End) => (isPod(end) ? unique([end.status.podIP ?? '', ...end.status.podIPs.map(({ ip }) => ip)]) : [end.ip]);
const names = (policies: readonly NetworkPolicy[]) => unique(policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
const unique = (all: readonly string[]) => [...new Set(all)].sort();
