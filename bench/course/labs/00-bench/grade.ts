import { z } from 'zod';
import { defineGrader, kube, needs, Pod, reasons, task } from '#grading';

const because = reasons({ off: { seen: '{seen}', needed: 'another state', why: 'it is measured', lookAt: 'nothing' } });
const namespace = 'shop';
const Named = z.object({ metadata: z.object({ name: z.string() }) });

/** One check: one read, and what it must be. */
function check<Value>(
  observed: { value: z.ZodType<Value> } & Parameters<typeof task>[0]['observe'][string],
  holds: (value: Value) => boolean,
) {
  const value = needs(observed.value.refine(holds), because('off'));
  return task({ lasts: 'state', observe: { value: observed }, expect: z.object({ value }) as never });
}

export default defineGrader({
  words: because,
  tasks: {
    tide: check(
      kube.object('v1', 'ConfigMap', 'tide', { namespace, fields: z.object({ data: z.record(z.string(), z.string()) }) }),
      (map) => map?.data['state'] === 'high',
    ),
    web: check(
      kube.object('apps/v1', 'Deployment', 'web', {
        namespace,
        fields: z.object({ status: z.object({ readyReplicas: z.int().default(0) }) }),
      }),
      (web) => web?.status.readyReplicas === 3,
    ),
    pods: check(kube.list('v1', 'Pod', { namespace, labels: { app: 'web' }, fields: Pod }), (pods) => pods.length === 3),
    service: check(kube.object('v1', 'Service', 'web', { namespace, fields: Named }), (service) => service !== null),
    slices: check(
      kube.list('discovery.k8s.io/v1', 'EndpointSlice', {
        namespace,
        fields: z.object({ endpoints: z.array(z.object({ addresses: z.array(z.string()) })).nullable() }),
      }),
      (slices) => slices.some(({ endpoints }) => endpoints?.length === 3),
    ),
    keys: check(
      kube.object('v1', 'Secret', 'keys', { namespace, fields: z.object({ data: z.record(z.string(), z.string()) }) }),
      (secret) => secret?.data['door'] !== undefined,
    ),
    namespace: check(
      kube.object('v1', 'Namespace', 'shop', { fields: z.object({ status: z.object({ phase: z.string() }) }) }),
      (shop) => shop?.status.phase === 'Active',
    ),
    accounts: check(kube.list('v1', 'ServiceAccount', { namespace, fields: Named }), (accounts) => accounts.length === 1),
    nodes: check(
      kube.list('v1', 'Node', {
        fields: z.object({ status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }) }),
      }),
      (nodes) => nodes.every(({ status }) => status.conditions.some(({ type, status: holds }) => type === 'Ready' && holds === 'True')),
    ),
    classes: check(kube.list('storage.k8s.io/v1', 'StorageClass', { fields: Named }), (classes) => classes.length > 0),
  },
});
