import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Observed } from '#grading/evidence.ts';
import type { Observation } from '#grading/observation.ts';
import { observer } from '#runtime/observe/observer.ts';
import { type FakeApiServer, fakeApiServer } from '../../fakes/engine/api-server.ts';
import { client } from '../../fakes/engine/certificates.ts';

/** What the API server does with a request: a body, or a status with a body or a plain text. Undefined is 404. */
export type Answer = unknown | { status: number; body?: unknown; text?: string };

export interface FakeCluster {
  server: FakeApiServer;
  /** How each request is answered, by path and query. */
  answer: (asked: { method: string; url: URL; body: unknown }) => Answer | Promise<Answer>;
  /** Times the grader's role was written again. */
  repairs: number;
  repair: () => Promise<void>;
  /** What was said of repairs. */
  notes: string[];
  /** Looks once, as the observer does when Check is pressed. */
  look(observation: Observation): Promise<Observed>;
  close(): Promise<void>;
}

const isStatus = (answer: Answer): answer is { status: number; body?: unknown; text?: string } =>
  typeof answer === 'object' && answer !== null && 'status' in answer && typeof answer.status === 'number';

/** A cluster whose API server answers what a test says, read by the product's own observer over TLS. */
export async function fakeCluster(): Promise<FakeCluster> {
  const server = await fakeApiServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'https://kubernetes');
    const answer = await self.answer({ method: request.method ?? '', url, body: await bodyOf(request) });
    const {
      status,
      body,
      text: words,
    } = isStatus(answer)
      ? { body: undefined, text: undefined, ...answer }
      : { status: answer === undefined ? 404 : 200, body: answer ?? {}, text: undefined };
    response.writeHead(status, { 'content-type': words === undefined ? 'application/json' : 'text/plain' });
    response.end(words ?? JSON.stringify(body ?? { message: `status ${status}` }));
  });
  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => resolve(socket)).on('error', reject);
    });
  const none = () => Promise.reject(new Error('nothing but the API server is asked here'));
  const eye = observer({
    provider: {
      dial,
      probe: none,
      exec: none,
      async repairGraderRole() {
        self.repairs += 1;
        await self.repair();
      },
    },
    access: {
      ref: { instance: 'i', lab: 'l', epoch: 1 },
      clusters: [{ name: 'main', kubernetesVersion: 'v1.35.4', admin: client, grader: client, prober: client }],
      nodes: [],
    },
    secretKey: new Uint8Array(32),
    onRepair: (note) => self.notes.push(note),
  });
  const self: FakeCluster = {
    server,
    answer: () => undefined,
    repairs: 0,
    repair: async () => {},
    notes: [],
    look: (observation) => eye.round(AbortSignal.timeout(20_000))(observation),
    async close() {
      await eye.close();
      await server.close();
    },
  };
  return self;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const sent = await text(request);
  return sent === '' ? null : JSON.parse(sent);
}

const resource = (name: string, kind: string, namespaced = true) => ({ name, kind, namespaced });

/** What a cluster serves of its own. */
export const discovery: Readonly<Record<string, unknown>> = {
  '/api/v1': {
    resources: [
      resource('pods', 'Pod'),
      resource('pods/log', 'Pod'),
      resource('secrets', 'Secret'),
      resource('namespaces', 'Namespace', false),
    ],
  },
  '/apis/networking.k8s.io/v1': { resources: [resource('networkpolicies', 'NetworkPolicy')] },
};

export { resource };
