import type { NetworkPod, NetworkPolicy, PolicyPeer, PolicyPort, Selector } from '#grading/network-objects.ts';
import type { Network } from '#grading/network-policy.ts';

export type End = NetworkPod | { ip: string };

export interface Attempt {
  network: Network;
  from: End;
  to: End;
  /** 1 to 4. */
  port: number;
  protocol: 'TCP' | 'UDP';
}

const isPod = (end: End): end is NetworkPod => 'metadata' in end;
const key = (end: End) => (isPod(end) ? end.metadata.uid : end.ip);

/**
 * The rules read as sets: every policy is unfolded into the connections that it lets through, one by one, over all pods,
 * ports and protocols there are. Slow, and plain to see. Addresses lie in 10.0.0.0/24.
 */
export function slowly({ network, from, to, port, protocol }: Attempt): boolean {
  const ends: End[] = [...network.pods, ...[from, to].filter((end) => !isPod(end))];

  function peersOf(peer: PolicyPeer, own: string): End[] {
    const { ipBlock, namespaceSelector, podSelector } = peer;
    if (ipBlock) {
      const excepted = ipBlock.except.flatMap(addresses);
      const held = addresses(ipBlock.cidr).filter((ip) => !excepted.includes(ip));
      return ends.filter((end) => held.includes(isPod(end) ? (end.status.podIP ?? '') : end.ip));
    }
    const homes = namespaceSelector ? selected(network.namespaces, namespaceSelector).map(({ metadata }) => metadata.name) : [own];
    const onPodNetwork = network.pods.filter(({ spec }) => !spec.hostNetwork);
    const chosen = podSelector ? selected(onPodNetwork, podSelector) : onPodNetwork;
    return chosen.filter(({ metadata }) => homes.includes(metadata.namespace));
  }

  /** Every connection, as text, that a policy lets an end have with another. */
  function letThrough({ metadata, spec }: NetworkPolicy, direction: 'Ingress' | 'Egress'): string[] {
    const rules =
      direction === 'Ingress'
        ? spec.ingress.map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : spec.egress.map((rule) => ({ peers: rule.to, ports: rule.ports }));
    return rules.flatMap(({ peers, ports }) => {
      const others = peers.length === 0 ? ends : peers.flatMap((peer) => peersOf(peer, metadata.namespace));
      return others.flatMap((other) =>
        (['TCP', 'UDP'] as const).flatMap((by) =>
          [1, 2, 3, 4]
            .filter((number) => ports.length === 0 || ports.some((rule) => isMeant(rule, number, by, to)))
            .map((number) => `${key(other)} ${by} ${number}`),
        ),
      );
    });
  }

  function isOpen(direction: 'Ingress' | 'Egress', at: End, other: End): boolean {
    const isolating = network.policies.filter(({ metadata, spec }) => {
      const isAbout =
        spec.policyTypes.length > 0 ? spec.policyTypes.includes(direction) : direction === 'Ingress' || spec.egress.length > 0;
      const isolated = selected(network.pods, spec.podSelector).filter(
        (pod) => pod.metadata.namespace === metadata.namespace && !pod.spec.hostNetwork,
      );
      return isAbout && isolated.map(key).includes(key(at));
    });
    if (isolating.length === 0) return true;
    return isolating.flatMap((policy) => letThrough(policy, direction)).includes(`${key(other)} ${protocol} ${port}`);
  }

  if (key(from) === key(to) && isPod(from)) return true;
  if (isPod(from) && isPod(to) && from.spec.nodeName === to.spec.nodeName && (from.spec.hostNetwork || to.spec.hostNetwork)) return true;
  return isOpen('Egress', from, to) && isOpen('Ingress', to, from);
}

function selected<T extends { metadata: { labels: Record<string, string> } }>(all: readonly T[], selector: Selector): T[] {
  let left = [...all];
  for (const [name, value] of Object.entries(selector.matchLabels)) left = left.filter(({ metadata }) => metadata.labels[name] === value);
  for (const { key: name, operator, values } of selector.matchExpressions) {
    left = left.filter(({ metadata: { labels } }) => {
      if (operator === 'Exists') return name in labels;
      if (operator === 'DoesNotExist') return !(name in labels);
      const isOneOf = values.some((value) => value === labels[name]);
      return operator === 'In' ? isOneOf : !isOneOf;
    });
  }
  return left;
}

function isMeant({ protocol, port, endPort }: PolicyPort, number: number, by: 'TCP' | 'UDP', to: End): boolean {
  if (protocol !== by) return false;
  if (port === undefined || port === number) return true;
  if (typeof port === 'number') return endPort !== undefined && port < number && number <= endPort;
  const named = isPod(to) ? to.spec.containers.flatMap(({ ports }) => ports) : [];
  return named.some((one) => one.name === port && one.protocol === by && one.containerPort === number);
}

function addresses(cidr: string): string[] {
  const [base = '', prefix = ''] = cidr.split('/');
  const first = Number(base.split('.')[3]);
  return Array.from({ length: 2 ** (32 - Number(prefix)) }, (_, more) => `10.0.0.${first + more}`);
}
