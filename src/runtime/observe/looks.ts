import type { Request } from '#grading/observation.ts';
import { accessCan } from './access.ts';
import { dnsLookup } from './dns.ts';
import { engineGet } from './engine.ts';
import { etcdGet, etcdStatus } from './etcd.ts';
import type { Eyes, Look, Looks } from './eyes.ts';
import { filesRead } from './files.ts';
import { httpGet, httpGetEach } from './http.ts';
import { kubeLogs } from './kube-logs.ts';
import { podEnviron, podFiles } from './pod.ts';
import { policyAllows } from './policy.ts';
import { registryGet } from './registry.ts';
import { tcpConnect, tcpConnectEach } from './tcp.ts';

const looks: Looks = {
  'kube.object': (request, { cluster }, signal) => cluster(request.cluster).read(request, signal),
  'kube.list': (request, { cluster }, signal) => cluster(request.cluster).read(request, signal),
  'kube.raw': (request, { cluster }, signal) => cluster(request.cluster).raw(request.path, signal),
  'kube.logs': kubeLogs,
  'access.can': accessCan,
  'policy.allows': policyAllows,
  'http.get': httpGet,
  'http.getEach': httpGetEach,
  'dns.lookup': dnsLookup,
  'tcp.connect': tcpConnect,
  'tcp.connectEach': tcpConnectEach,
  'pod.files': podFiles,
  'pod.environ': podEnviron,
  'files.read': filesRead,
  'engine.get': engineGet,
  'registry.get': registryGet,
  'etcd.status': etcdStatus,
  'etcd.get': etcdGet,
  answer: ({ field }, { answer }) => answer(field),
};

/** Makes one observation. */
export function look(request: Request, eyes: Eyes, signal: AbortSignal): Promise<unknown> {
  return (looks[request.kind] as Look<typeof request.kind>)(request as never, eyes, signal);
}
