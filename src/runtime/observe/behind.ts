import type { Request, Selection } from '#grading/observation.ts';
import type { InformerEvent } from './informer.ts';
import type { KubeObject } from './kube-read.ts';
import { policyLists } from './policy.ts';

export type ListRequest = Extract<Request, { kind: 'kube.list' }>;

/** Objects whose changes tell that an observation may have changed. */
export interface Interest {
  list: ListRequest;
  /** `listKey` of the list. */
  key: string;
  concerns(object: KubeObject): boolean;
}

/** Whether an event of a list may tell one of these interests something new. */
export const isTold = (interests: readonly Interest[], list: string, event: InformerEvent): boolean =>
  interests.some(
    ({ key, concerns }) =>
      key === list && (event.type !== 'changed' || [event.before, event.after].some((object) => object !== null && concerns(object))),
  );

/** What an observation depends on, as far as objects of a cluster tell of it; nothing for what no object tells of. */
export function interestsOf(request: Request): Interest[] {
  switch (request.kind) {
    case 'kube.object': {
      const { cluster, apiVersion, of, namespace, name } = request;
      return [{ ...all(cluster, apiVersion, of, namespace), concerns: ({ metadata }) => metadata.name === name }];
    }
    case 'kube.list':
      return [
        {
          ...all(request.cluster, request.apiVersion, request.of, request.namespace),
          concerns: (object) => hasLabels(object, request.labels),
        },
      ];
    case 'http.getEach':
    case 'tcp.connectEach':
    case 'pod.files':
    case 'pod.environ':
    case 'kube.logs':
      return [podsOf(request.cluster, request.pods)];
    case 'http.get':
    case 'tcp.connect':
    case 'dns.lookup': {
      const { from, cluster } = request;
      const pods = from !== 'network' && 'labels' in from ? [podsOf(cluster, from)] : [];
      return [...pods, ...servicesOf(cluster, hostOf(request))];
    }
    case 'policy.allows':
      return policyLists(request).map((list) => ({
        ...all(list.cluster, list.apiVersion, list.of, list.namespace),
        concerns: (object) => hasLabels(object, list.labels),
      }));
    case 'access.can':
      return ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map((kind) =>
        all(request.cluster, 'rbac.authorization.k8s.io/v1', kind, null),
      );
    default:
      return [];
  }
}

/** Whether nothing but the objects behind it can change an observation; of a probe only a look can tell. */
export const isToldByObjects = ({ kind }: Request) =>
  kind === 'kube.object' || kind === 'kube.list' || kind === 'policy.allows' || kind === 'access.can';

/** Names the objects of a kind in one namespace (or in all) of one cluster. */
export const listKey = ({ cluster, apiVersion, of, namespace }: Pick<ListRequest, 'cluster' | 'apiVersion' | 'of' | 'namespace'>) =>
  JSON.stringify([cluster, apiVersion, of, namespace]);

export const hasLabels = ({ metadata }: KubeObject, labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);

function all(cluster: string, apiVersion: string, of: string, namespace: string | null): Interest {
  const list: ListRequest = { kind: 'kube.list', cluster, apiVersion, of, namespace, labels: {} };
  return { list, key: listKey(list), concerns: () => true };
}

function podsOf(cluster: string, { namespace, labels }: Selection): Interest {
  return { ...all(cluster, 'v1', 'Pod', namespace), concerns: (object) => hasLabels(object, labels) };
}

/** A name like `web.shop.svc` is told of by the Services of `shop` and by what stands behind them. */
function servicesOf(cluster: string, host: string): Interest[] {
  const [, namespace] = /^[a-z0-9-]+\.([a-z0-9-]+)(?:\.svc(?:\..*)?)?\.?$/.exec(host) ?? [];
  if (namespace === undefined) return [];
  return [all(cluster, 'v1', 'Service', namespace), all(cluster, 'discovery.k8s.io/v1', 'EndpointSlice', namespace)];
}

const hostOf = (request: Extract<Request, { kind: 'http.get' | 'tcp.connect' | 'dns.lookup' }>) =>
  request.kind === 'http.get' ? (URL.parse(request.url)?.hostname ?? '') : request.kind === 'dns.lookup' ? request.name : request.host;

/** About how many requests one look costs the API server when the objects behind it are known. */
export function costOf(request: Request): number {
  switch (request.kind) {
    case 'access.can':
      return Object.keys(request.questions).length;
    case 'kube.logs':
      return 3;
    case 'kube.raw':
      return 1;
    default:
      return 0;
  }
}
