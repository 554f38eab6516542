import { expect, test } from 'vitest';
import { applicable } from '#runtime/work/applicable.ts';

const metadata = {
  name: 'x',
  namespace: 'harbour',
  labels: { app: 'x' },
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' },
  uid: 'u',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2026-11-23T10:00:00Z',
  managedFields: [{ manager: 'kubectl' }],
  finalizers: ['kubernetes.io/pvc-protection'],
};
const kept = { name: 'x', namespace: 'harbour', labels: { app: 'x' }, annotations: { mine: 'yes' } };

test('what the API server wrote is gone, what the learner wrote stays', () => {
  const object = { kind: 'ConfigMap', metadata, data: { a: '1' }, status: { seen: true } };
  expect(applicable(object)).toEqual({ metadata: kept, data: { a: '1' } });
});

test('a Service gives its address back, unless it has none on purpose', () => {
  const service = (spec: Record<string, unknown>) => applicable({ kind: 'Service', metadata: { name: 'x' }, spec })['spec'];
  expect(service({ clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [] })).toEqual({ ports: [] });
  expect(service({ clusterIP: 'None', clusterIPs: ['None'] })).toEqual({ clusterIP: 'None', clusterIPs: ['None'] });
});

test('a claim may bind, a pod be placed and a job be selected anew', () => {
  const specOf = (kind: string, spec: Record<string, unknown>) => applicable({ kind, metadata: { name: 'x' }, spec })['spec'];
  expect(specOf('PersistentVolumeClaim', { volumeName: 'pvc-1', resources: {} })).toEqual({ resources: {} });
  expect(specOf('Pod', { nodeName: 'worker', containers: [] })).toEqual({ containers: [] });
  const labels = { app: 'x', 'controller-uid': 'u', 'batch.kubernetes.io/job-name': 'x' };
  expect(specOf('Job', { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: {} } })).toEqual({
    template: { metadata: { labels: { app: 'x' } }, spec: {} },
  });
});
