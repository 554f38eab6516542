import { z } from 'zod';
import type { Kube } from '#cluster/kube.ts';

/** Kinds that no learner owns: what happened, who leads, and what controllers and kubelets write of the rest. */
export const clusterKinds: ReadonlySet<string> = new Set([
  'Event',
  'Lease',
  'ComponentStatus',
  'Endpoints',
  'EndpointSlice',
  'CSIStorageCapacity',
  'IPAddress',
]);
const measuredGroups = new Set(['metrics.k8s.io', 'custom.metrics.k8s.io', 'external.metrics.k8s.io']);

/** Programs of the cluster itself, as field managers are called. */
const clusterManagers = new Set([
  'kubelet',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubeadm',
  'kindnetd',
  'coredns',
  'local-path-provisioner',
]);
export const isClusterManager = (manager: string) => clusterManagers.has(manager);

/** Who wrote before the learner came, and who judges. */
const ownManagers = new Set(['slipway', 'slipway-setup', 'slipway-trial']);
/** Controllers within the control plane that have names of their own, and any that a learner installed: what they write is not typed. */
const controllers = /-controller$|^api-priority-and-fairness-config-/;
export const isLearnersManager = (manager: string) => !isClusterManager(manager) && !ownManagers.has(manager) && !controllers.test(manager);

const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), verbs: z.array(z.string()).default([]) })),
});

export interface ListedResource {
  /** Its path below the API server: `/apis/apps/v1/deployments`. */
  path: string;
  name: string;
  kind: string;
  apiVersion: string;
}

/** What a learner may own and can be listed, group by group in its preferred version. A group that does not answer is left out. */
export async function listedResources(client: Pick<Kube, 'get'>, signal: AbortSignal): Promise<readonly ListedResource[]> {
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T | null> => {
    const { status, body } = await client.get(path, { signal });
    return status === 200 ? schema.parse(body) : null;
  };
  const groups = (await read('/apis', Groups))?.groups ?? [];
  const roots = groups
    .filter(({ name }) => !measuredGroups.has(name))
    .map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`);
  const all = await Promise.all(
    ['/api/v1', ...roots].map(async (root) => {
      const kinds = (await read(root, Resources))?.resources ?? [];
      return kinds
        .filter(({ name, kind, verbs }) => verbs.includes('list') && !name.includes('/') && !clusterKinds.has(kind))
        .map(({ name, kind }) => ({ path: `${root}/${name}`, name, kind, apiVersion: root.replace(/^\/apis?\//, '') }));
    }),
  );
  return all.flat();
}
