import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import { fakeApiServer, json } from '../../fakes/engine/api-server.ts';
import { client } from '../../fakes/engine/certificates.ts';

const Body = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
type Object_ = z.infer<typeof Body>;
const DryRun = z.object({ dryRun: z.tuple([z.literal('All')]) });

/** A cluster that keeps config maps of the namespace `shop`, and misbehaves when told to. */
export interface FakeCluster {
  access: LabAccess;
  provider: Pick<ClusterProvider, 'dial' | 'probe' | 'exec' | 'repairGraderRole' | 'repairProberRole'>;
  maps: Map<string, Object_>;
  /** Changes asked for, as `PATCH name`, in order. */
  changes: string[];
  /** What becomes of a change: `lost` makes it and breaks the connection, a number is an answer instead of it. */
  fault: (change: string) => 'lost' | number | null;
  /** Called when a change was made. */
  onChange: (change: string) => void;
  close(): Promise<void>;
}

const path = '/api/v1/namespaces/shop/configmaps';

export async function fakeCluster(): Promise<FakeCluster> {
  let uids = 0;
  const api = await fakeApiServer((request, response) => void answer(request, response));
  const lab: FakeCluster = {
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
      probe: () => Promise.reject(new Error('nothing is probed here')),
      exec: () => Promise.reject(new Error('nothing is run here')),
      repairGraderRole: async () => {},
      repairProberRole: async () => {},
    },
    maps: new Map(),
    changes: [],
    fault: () => null,
    onChange: () => {},
    close: () => api.close(),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://kubernetes');
    const text = (await buffer(request)).toString();
    if (pathname === '/api/v1') return json(response, { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] });
    if (!pathname.startsWith(path)) return json(response, {}, 404);
    const sent: unknown = text === '' ? {} : JSON.parse(text);
    const name = request.method === 'POST' ? Body.parse(sent).metadata.name : pathname.slice(path.length + 1);
    if (request.method === 'GET') return said(response, lab.maps.get(name));
    const change = `${request.method} ${name}`;
    lab.changes.push(change);
    const fault = lab.fault(change);
    if (typeof fault === 'number') return json(response, { message: `fault ${fault}` }, fault);
    const before = new Map(lab.maps);
    const [status, body] = changed(request.method ?? '', name, sent);
    // Of a delete with a body, an API server reads no parameters.
    const isDry = request.method === 'DELETE' && text !== '' ? DryRun.safeParse(sent).success : searchParams.get('dryRun') === 'All';
    if (isDry) lab.maps = before;
    else if (status < 300) lab.onChange(change);
    return fault === 'lost' ? request.socket.destroy() : json(response, body, status);
  }

  function changed(method: string, name: string, sent: unknown): [number, unknown] {
    const found = lab.maps.get(name);
    if (method === 'POST') {
      if (found) return [409, { message: `configmaps "${name}" already exists` }];
      const { metadata, ...rest } = Body.parse(sent);
      const made = { ...rest, metadata: { ...metadata, uid: `u${++uids}` } };
      lab.maps.set(name, made);
      return [201, made];
    }
    if (!found) return [404, { message: `configmaps "${name}" not found` }];
    if (method === 'PATCH') {
      const { data } = z.object({ data: z.record(z.string(), z.string().nullable()) }).parse(sent);
      const merged = { ...z.record(z.string(), z.string()).optional().parse(found['data']), ...data };
      const after = { ...found, data: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) };
      lab.maps.set(name, after);
      return [200, after];
    }
    const { preconditions } = z.object({ preconditions: z.object({ uid: z.string() }).optional() }).parse(sent);
    if (preconditions && preconditions.uid !== found.metadata['uid']) return [409, { message: 'the UID differs' }];
    lab.maps.delete(name);
    return [200, {}];
  }
  return lab;
}

const said = (response: ServerResponse, found: Object_ | undefined) =>
  found ? json(response, found) : json(response, { message: 'not found' }, 404);
