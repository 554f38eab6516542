import type { z } from 'zod';
import { NetworkNamespace, NetworkPod, NetworkPolicy } from '#grading/network-objects.ts';

type PolicySpec = NonNullable<z.input<typeof NetworkPolicy>['spec']>;

/** A policy as `kubectl get -o json` shows it: `shop/only-web`. */
export function policy(path: string, spec: PolicySpec): NetworkPolicy {
  const [namespace = '', name = ''] = path.split('/');
  return NetworkPolicy.parse({ metadata: { namespace, name }, spec });
}

export interface PodLike {
  labels?: Record<string, string>;
  ip?: string;
  node?: string;
  host?: boolean;
  phase?: string;
  leaving?: boolean;
  ports?: NetworkPod['spec']['containers'][number]['ports'];
}

let given = 0;

/** A pod that runs: `shop/web`. */
export function pod(path: string, more: PodLike = {}): NetworkPod {
  const [namespace = '', name = ''] = path.split('/');
  given += 1;
  const { labels = { app: name }, ip = `10.244.0.${given % 250}`, node = 'worker', host = false, phase = 'Running', ports = [] } = more;
  return NetworkPod.parse({
    metadata: { namespace, name, uid: path, labels, ...(more.leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { hostNetwork: host, nodeName: node, containers: [{ ports }] },
    status: { phase, podIP: ip, podIPs: [{ ip }], hostIP: '172.18.0.2' },
  });
}

/** A namespace with the label that the API server gives each. */
export const namespace = (name: string, labels: Record<string, string> = {}) =>
  NetworkNamespace.parse({ metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } } });
