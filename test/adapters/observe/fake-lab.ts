import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ClusterError, type ClusterProvider, type LabAccess, type Probe, type ProbePlace, type ProbeResults } from '#cluster/port.ts';
import { fakeApiServer, json } from '../../fakes/engine/api-server.ts';
import { client } from '../../fakes/engine/certificates.ts';
import { type FakeObjects, fakeObjects } from './fake-objects.ts';

/** What a pod does with a request; without one it closed the port. */
type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A lab of one cluster: an API server, and pods that are HTTP servers. */
export interface FakeLab {
  access: LabAccess;
  provider: Pick<ClusterProvider, 'dial' | 'probe' | 'exec' | 'repairGraderRole'>;
  /** Path → body, before what `cluster` answers; a number is a bare status, `hangs` never answers. */
  objects: Map<string, unknown>;
  cluster: FakeObjects;
  /** Pod name → what it does. A pod's UID is `uid-` and its name. */
  pods: Map<string, Behaviour>;
  /** Requests to the API server, as `GET /path`, in order. */
  asked: string[];
  /** Probes made, as the names of their pods. */
  probed: string[];
  repairs: number;
  onRepair: () => void;
  /** Called for each probe before it is made. */
  onProbe: (pod: string) => Promise<void> | void;
  close(): Promise<void>;
}

export const hangs = Symbol('hangs');
export const podsPath = '/api/v1/namespaces/shop/pods';
export const configMapsPath = '/api/v1/namespaces/shop/configmaps';
const kinds = [
  { name: 'pods', kind: 'Pod', namespaced: true },
  { name: 'pods/log', kind: 'Pod', namespaced: true },
  { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
  { name: 'secrets', kind: 'Secret', namespaced: true },
  { name: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false },
];

export async function fakeLab(): Promise<FakeLab> {
  const cluster = fakeObjects([podsPath, configMapsPath]);
  const api = await fakeApiServer((request, response) => {
    const path = request.url ?? '';
    const found = lab.objects.get(path) ?? lab.objects.get('*');
    if (found === hangs) return;
    if (typeof found === 'number') json(response, { message: `status ${found}` }, found);
    else if (found !== undefined) json(response, found);
    else if (!cluster.answer(request, response)) json(response, {}, 404);
  });
  const podServer = createServer((request, response) => {
    const name = `${request.headers['x-pod']}`;
    lab.pods.get(name)?.(request, response);
  });
  podServer.listen(0, '127.0.0.1');
  await once(podServer, 'listening');
  const podPort = (podServer.address() as AddressInfo).port;

  const lab: FakeLab = {
    access: {
      ref: { instance: 'i', lab: 'l', epoch: 1 },
      clusters: [{ name: 'main', kubernetesVersion: 'v1.35.4', admin: client, grader: client, prober: client }],
      nodes: [],
    },
    provider: {
      async dial() {
        const socket = connect(api.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      async probe<P extends Probe>(_lab: unknown, from: ProbePlace, probe: P, signal: AbortSignal): Promise<ProbeResults[P['op']]> {
        if (from.kind !== 'pod' || probe.op !== 'http') throw new ClusterError('gone', 'only pods are asked here, by http');
        const name = from.uid.replace(/^uid-/, '');
        lab.probed.push(name);
        await lab.onProbe(name);
        const results: ProbeResults['http'] = [await exchange(podPort, name, lab.pods.has(name), probe, signal)];
        return results as ProbeResults[P['op']];
      },
      exec: () => Promise.reject(new ClusterError('gone', 'nothing is run here')),
      async repairGraderRole() {
        lab.repairs += 1;
        lab.onRepair();
      },
    },
    objects: new Map([['/api/v1', { resources: kinds }]]),
    cluster,
    pods: new Map(),
    asked: api.calls,
    probed: [],
    repairs: 0,
    onRepair: () => {},
    onProbe: () => {},
    async close() {
      podServer.closeAllConnections();
      podServer.close();
      await api.close();
    },
  };
  return lab;
}

async function exchange(port: number, name: string, isThere: boolean, probe: Extract<Probe, { op: 'http' }>, signal: AbortSignal) {
  const nothing = { status: null, headers: {}, body: new Uint8Array() };
  if (!isThere) return { ...nothing, problem: 'refused' as const };
  const limit = AbortSignal.timeout(probe.timeout);
  try {
    const url = `http://127.0.0.1:${port}${new URL(probe.url).pathname}`;
    const answer = await fetch(url, { headers: { 'x-pod': name }, signal: AbortSignal.any([limit, signal]) });
    const body = new Uint8Array(await answer.arrayBuffer());
    const cut = body.length > probe.maxBytes;
    return {
      status: cut ? null : answer.status,
      problem: cut ? ('broken' as const) : null,
      headers: Object.fromEntries(answer.headers),
      body,
    };
  } catch (error) {
    if (limit.aborted) return { ...nothing, problem: 'timeout' as const };
    throw error;
  }
}

/** A running pod as the API server has it. */
export const runningPod = (name: string, more: { labels?: Record<string, string>; status?: object; uid?: string } = {}) => ({
  metadata: { name, namespace: 'shop', uid: more.uid ?? `uid-${name}`, labels: more.labels ?? { app: 'web' } },
  spec: { nodeName: 'control-plane', containers: [{ name: 'web' }] },
  status: { phase: 'Running', podIP: '127.0.0.1', ...more.status },
});
