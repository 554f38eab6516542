import { z } from 'zod';
import type { Kube } from '../kube.ts';
import { ClusterError, type PolicyRule } from '../port.ts';
import { identities } from './identities.ts';

/** Core resources the grader may read, one by one: without exec, attach, portforward and every proxy, which are ways to act. */
const coreResources = [
  'bindings',
  'componentstatuses',
  'configmaps',
  'endpoints',
  'events',
  'limitranges',
  'namespaces',
  'nodes',
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'pods/log',
  'pods/status',
  'podtemplates',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'serviceaccounts',
  'services',
];
const read = ['get', 'list', 'watch'];

/** What is no resource: discovery, without which nothing is found, and how the API server is. As `system:discovery` says, which a learner may delete. */
const paths = ['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/livez/*', '/openapi/*', '/readyz', '/readyz/*', '/version'];

type Rule = PolicyRule | { nonResourceURLs: readonly string[]; verbs: readonly string[] };

const Groups = z.object({ groups: z.array(z.object({ name: z.string() })) });

/** The grader's rules over what the API server serves at the moment: new groups (CRDs, APIServices) come in by name. */
export function graderRules(groups: readonly string[]): Rule[] {
  return [
    { apiGroups: [''], resources: coreResources, verbs: read },
    ...[...new Set(groups)]
      .filter((group) => group !== '')
      .sort()
      .map((group) => ({ apiGroups: [group], resources: ['*'], verbs: read })),
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    { nonResourceURLs: paths, verbs: ['get'] },
  ];
}

/** Reads which groups are served and writes the grader's role over them. */
export async function grantGrader(admin: Kube, signal: AbortSignal): Promise<void> {
  const { status, body } = await admin.get('/apis', { signal });
  if (status !== 200)
    throw new ClusterError('api', `The API server did not list its groups (HTTP ${status}).`, { command: 'kubectl get --raw /apis' });
  const groups = Groups.parse(body).groups.map((group) => group.name);
  await grant(admin, identities.grader.name, graderRules(groups), signal);
}

/** The prober may do what the lab declares, nothing else. */
export async function grantProber(admin: Kube, rules: readonly PolicyRule[], signal: AbortSignal): Promise<void> {
  await grant(admin, identities.prober.name, rules, signal);
}

/** The learner's group may do everything, by a binding one can read and not by membership of system:masters. */
export async function grantLearner(admin: Kube, signal: AbortSignal): Promise<void> {
  await apply(
    admin,
    'clusterrolebindings',
    binding(identities.learner.group, 'cluster-admin', { kind: 'Group', name: identities.learner.group }),
    signal,
  );
}

async function grant(admin: Kube, user: string, rules: readonly Rule[], signal: AbortSignal): Promise<void> {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: user }, rules };
  await apply(admin, 'clusterroles', role, signal);
  await apply(admin, 'clusterrolebindings', binding(user, user, { kind: 'User', name: user }), signal);
}

function binding(name: string, role: string, subject: { kind: 'User' | 'Group'; name: string }) {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, ...subject }],
  };
}

async function apply(admin: Kube, resource: string, object: { metadata: { name: string } }, signal: AbortSignal): Promise<void> {
  const path = `/apis/rbac.authorization.k8s.io/v1/${resource}/${encodeURIComponent(object.metadata.name)}?fieldManager=slipway&force=true`;
  const { status, body } = await admin.send('PATCH', path, object, { signal, contentType: 'application/apply-patch+yaml' });
  if (status === 200 || status === 201) return;
  const said = z.object({ message: z.string() }).safeParse(body);
  throw new ClusterError('api', `The API server refused ${resource} ${object.metadata.name} (HTTP ${status}).`, {
    output: said.data?.message,
  });
}
