import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ca, server as certificate } from './certificates.ts';

export interface FakeApiServer {
  port: number;
  /** Requests so far, as `GET /api/v1/nodes`. */
  calls: string[];
  /** Connections so far. */
  connections: number;
  /** What it answers from now on. */
  answer: Answer;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A Kubernetes API server that asks for a client certificate; without `answer`, one whose nodes (by host name) are ready. */
export async function fakeApiServer(answer: Answer = readyCluster(['control-plane'])): Promise<FakeApiServer> {
  const server = createServer({ ca, ...certificate, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    self.calls.push(`${request.method} ${request.url}`);
    request.resume();
    self.answer(request, response);
  });
  server.on('secureConnection', () => {
    self.connections += 1;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const self: FakeApiServer = {
    port: (server.address() as AddressInfo).port,
    calls: [],
    connections: 0,
    answer,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return self;
}

const groups = ['apps', 'batch'];
const roots = new Set(['/api/v1', ...groups.map((name) => `/apis/${name}/v1`)]);

export function readyCluster(hostnames: readonly string[]): Answer {
  const nodes = hostnames.map((name) => ({ metadata: { name }, spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } }));
  return (request, response) => {
    const path = request.url ?? '';
    if (path === '/apis')
      return json(response, { groups: groups.map((name) => ({ name, preferredVersion: { groupVersion: `${name}/v1` } })) });
    if (roots.has(path)) return json(response, { resources: [] });
    if (path === '/api/v1/nodes') return json(response, { kind: 'NodeList', items: nodes });
    return json(response, {});
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/json' });
  return response.end(JSON.stringify(value));
}
