import { z } from 'zod';

const Any = z.record(z.string(), z.unknown());
type Any = z.infer<typeof Any>;

const of = (value: unknown): Any => Any.safeParse(value).data ?? {};
const without = (value: unknown, ...names: readonly string[]): Any =>
  Object.fromEntries(Object.entries(of(value)).filter(([name]) => !names.includes(name)));

/** What the API server and controllers add, by kind, and would refuse or misread in an object that is made anew. */
const added: Readonly<Record<string, (spec: Any) => Any>> = {
  Service: (spec) => (spec['clusterIP'] === 'None' ? spec : without(spec, 'clusterIP', 'clusterIPs')),
  PersistentVolumeClaim: (spec) => without(spec, 'volumeName'),
  PersistentVolume: (spec) => ('claimRef' in spec ? { ...spec, claimRef: without(spec['claimRef'], 'uid', 'resourceVersion') } : spec),
  Pod: (spec) => without(spec, 'nodeName'),
  Job(spec) {
    if (spec['manualSelector'] === true) return spec;
    const template = of(spec['template']);
    const metadata = of(template['metadata']);
    const labels = without(metadata['labels'], ...['controller-uid', 'job-name'].flatMap((name) => [name, `batch.kubernetes.io/${name}`]));
    return { ...without(spec, 'selector'), template: { ...template, metadata: { ...metadata, labels } } };
  },
};

const bookkeeping = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'];
const annotated =
  /^(kubectl\.kubernetes\.io\/last-applied-configuration$|deployment\.kubernetes\.io\/|pv\.kubernetes\.io\/|volume\.kubernetes\.io\/)/;

/** An object without its status and its bookkeeping, so that `kubectl apply` makes it again. */
export function applicable(object: { kind: string; metadata: Any; [key: string]: unknown }): Any {
  const metadata = without(object.metadata, ...bookkeeping, 'managedFields', 'ownerReferences', 'selfLink', 'finalizers');
  const annotations = Object.entries(of(metadata['annotations'])).filter(([name]) => !annotated.test(name));
  const kept = {
    ...without(metadata, 'annotations'),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
  const rest = without(object, 'apiVersion', 'kind', 'metadata', 'status', 'spec');
  if (!('spec' in object)) return { metadata: kept, ...rest };
  const { [object.kind]: clean = (spec: Any) => spec } = added;
  return { metadata: kept, spec: clean(of(object['spec'])), ...rest };
}
