import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Kube } from '#cluster/kube.ts';
import { ClusterError, type DialTarget, type LabAccess } from '#cluster/port.ts';

const credentials = { ca: '', cert: '', key: '' };

/** A lab of one cluster: an API server that serves `objects` by path, and pods that are HTTP servers. */
export interface FakeLab {
  access: LabAccess;
  provider: { dial(ref: unknown, target: DialTarget, signal: AbortSignal): Promise<Duplex>; repairGraderRole(): Promise<void> };
  kube: () => Kube;
  /** Path → body; a number is a bare status. */
  objects: Map<string, unknown>;
  /** Pod name → what it does with a request. */
  pods: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Paths asked of the API server, in order. */
  asked: string[];
  repairs: number;
  onRepair: () => void;
  close(): Promise<void>;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function fakeLab(): Promise<FakeLab> {
  const api = createServer((request, response) => {
    const path = request.url ?? '';
    lab.asked.push(path);
    const found = lab.objects.get(path);
    const [status, body] =
      typeof found === 'number' ? [found, { message: `status ${found}` }] : found === undefined ? [404, {}] : [200, found];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const apiPort = await listen(api);
  const podServers = new Map<string, { server: Server; port: number }>();

  const lab: FakeLab = {
    access: {
      ref: { instance: 'i', lab: 'l', epoch: 1 },
      clusters: [{ name: 'main', kubernetesVersion: 'v1.35.4', admin: credentials, grader: credentials, prober: credentials }],
      nodes: [],
    },
    provider: {
      async dial(_ref, target) {
        if (target.kind !== 'pod') throw new ClusterError('gone', 'only pods are dialled here');
        const behave = lab.pods.get(target.pod);
        if (!behave) throw new ClusterError('refused', `${target.pod} closed the port`);
        let pod = podServers.get(target.pod);
        if (!pod) {
          const server = createServer((request, response) => lab.pods.get(target.pod)?.(request, response));
          pod = { server, port: await listen(server) };
          podServers.set(target.pod, pod);
        }
        const socket = connect(pod.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      async repairGraderRole() {
        lab.repairs += 1;
        lab.onRepair();
      },
    },
    kube: () => ({
      async get(path, { signal }) {
        const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, { signal });
        return { status: response.status, body: await response.json() };
      },
      send: () => Promise.reject(new Error('graders only read')),
      async *watch() {},
      close: async () => {},
    }),
    objects: new Map(),
    pods: new Map(),
    asked: [],
    repairs: 0,
    onRepair: () => {},
    async close() {
      for (const server of [api, ...[...podServers.values()].map((pod) => pod.server)]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  return lab;
}
