import { z } from 'zod';
import { NetworkNamespace, NetworkPod, NetworkPolicy } from '#grading/network-objects.ts';
import { connects, endsOf } from '#grading/network-policy.ts';
import type { Connection, Peer, PolicyRequest } from '#grading/observe/policy.ts';
import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';
import type { ObjectRequest } from './kube-read.ts';

type List = Extract<ObjectRequest, { kind: 'kube.list' }>;

/** Most pairs of pods that one connection is evaluated for. */
const mostPairs = 2500;

/** Evaluates connections over the namespaces, pods and policies of this moment. */
export const policyAllows: Look<'policy.allows'> = async (request, eyes, signal) => {
  const { read } = eyes.cluster(request.cluster);
  const of = async <T>(kind: string, schema: z.ZodType<T>): Promise<T[]> => {
    const lists = policyLists(request).filter((list) => list.of === kind);
    return (await Promise.all(lists.map(async (list) => z.array(schema).parse(await read(list, signal))))).flat();
  };
  const [namespaces, found, policies] = await Promise.all([
    of('Namespace', NetworkNamespace),
    of('Pod', NetworkPod),
    of('NetworkPolicy', NetworkPolicy),
  ]);
  // Two selections may share pods.
  const pods = [...new Map(found.map((pod) => [pod.metadata.uid, pod])).values()];
  const allowed = Object.entries(request.connections).map(([name, connection]) => {
    if (typeof connection.port === 'string' && 'ip' in connection.to) throw new Blind(`connection ${name} names a port of an address`);
    const pairs = endsOf(pods, connection.from).length * endsOf(pods, connection.to).length;
    if (pairs > mostPairs) throw new Blind(`connection ${name} is about ${pairs} pairs of pods, more than are evaluated (${mostPairs})`);
    return [name, connects({ namespaces, pods, policies }, connection)];
  });
  return Object.fromEntries(allowed);
};

/** What decides on connections: their pods, the policies around these, and the labels of namespaces. */
export function policyLists({ cluster, connections }: PolicyRequest): List[] {
  const ends = Object.values(connections)
    .flatMap(({ from, to }: Connection): Peer[] => [from, to])
    .filter((peer) => 'namespace' in peer);
  const list = (apiVersion: string, of: string, namespace: string | null, labels: List['labels'] = {}): List => {
    return { kind: 'kube.list', cluster, apiVersion, of, namespace, labels };
  };
  const lists = [
    list('v1', 'Namespace', null),
    ...ends.map(({ namespace, labels }) => list('v1', 'Pod', namespace, labels)),
    ...ends.map(({ namespace }) => list('networking.k8s.io/v1', 'NetworkPolicy', namespace)),
  ];
  return [...new Map(lists.map((one) => [JSON.stringify(one), one])).values()];
}
