import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { ClusterError, type ClusterErrorCode, type ClusterProvider } from '#cluster/port.ts';
import { LabFile } from '#lab/lab-file.ts';
import { hostRouter, previewHost } from '#server/hosts.ts';
import { askedPreview } from '#server/preview/admission.ts';
import { previews } from '#server/preview/previews.ts';
import { openStore } from '#store/open.ts';
import type { LabSession, Person } from '#store/port.ts';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  raw: readonly string[];
  text: string;
}

export type Asked = {
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer | Readable;
  label?: string;
  session?: string;
};

/** What a lab of these tests lets a browser see. `web` and `shop` are the same program by two names. */
const lab = LabFile.parse({
  title: 'The harbour',
  summary: 'Programs that a browser can open.',
  minutes: 5,
  memoryMiB: 300,
  previews: [
    { id: 'web', title: 'The web', host: 'control-plane', port: 30080, path: '/start?here=1' },
    { id: 'shop', title: 'The shop', host: 'control-plane', port: 30081, hostHeader: 'shop.example' },
    { id: 'vault', title: 'The vault', host: 'vault', port: 443, hostHeader: 'vault.example', tls: true },
  ],
  tasks: [{ id: 'one', title: 'A task', points: 1, brief: 'Make something be as it should.' }],
});

/** Another lab than the fake one: its containers, and what of it can be seen. */
export interface OtherLab {
  provider: ClusterProvider;
  instance: string;
  previews: LabFile['previews'];
}

/** The previews of a lab that is ready, on a real database, with a network on which `programs` listen by `host:port`. */
export async function harbour(programs: Record<string, Server>, other?: OtherLab) {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-preview-'));
  const store = await openStore({ folder });
  const faults = new Map<string, ClusterErrorCode>();
  const dialled: Socket[] = [];
  const provider = {
    async dial(_ref: unknown, target: { host: string; port: number }) {
      const name = `${target.host}:${target.port}`;
      const fault = faults.get(name);
      const address = programs[name]?.address();
      if (fault !== undefined || typeof address !== 'object' || address === null) throw new ClusterError(fault ?? 'refused', 'As asked.');
      const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
      await once(socket, 'connect');
      dialled.push(socket);
      return socket;
    },
  } as unknown as ClusterProvider;
  for (const program of Object.values(programs)) {
    if (!program.listening) await once(program.listen(0, '127.0.0.1'), 'listening');
  }
  const learner = await store.people.create({ name: 'Learner', roles: ['learner'] });
  const stranger = await store.people.create({ name: 'Stranger', roles: ['learner'] });
  const begin = async (person: Person): Promise<LabSession> => {
    const { session } = await store.sessions.begin({ person: person.id, lab: '01-harbour', labVersion: 'v1' });
    await store.sessions.admit(session.id);
    const ready = await store.sessions.move(session.id, 'ready');
    if (ready === null) throw new Error('the session did not become ready');
    return ready;
  };
  const touched: string[] = [];
  const touch = (id: string) => {
    touched.push(id);
    return store.sessions.touch(id);
  };
  const context = {
    store: { ...store, sessions: { ...store.sessions, touch } },
    provider: other?.provider ?? provider,
    log: pino({ level: 'silent' }),
    settings: { instance: other?.instance ?? 'test-here' },
    course: {
      labs: { '01-harbour': { id: '01-harbour', file: { ...lab, previews: other?.previews ?? lab.previews } } },
      lessons: [{ id: '01-harbour', lab: '01-harbour' }],
    },
  } as unknown as Parameters<typeof previews>[0];
  const seen = previews(context);
  let route: ReturnType<typeof hostRouter> = () => null;
  const site = createServer((asked, response) => {
    const where = route(asked.headers.host);
    if (where?.kind === 'preview') seen.request(asked, response, where);
    else response.writeHead(421).end();
  });
  site.on('upgrade', (asked, socket, head) => {
    const where = route(asked.headers.host);
    if (where?.kind === 'preview') seen.upgrade(asked, socket, head, where);
    else socket.destroy();
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const { port } = site.address() as AddressInfo;
  route = hostRouter(port);
  const session = await begin(learner);
  const hostOf = ({ label = 'web', session: id = session.id }: Asked) => previewHost(label, id, `:${port}`);

  /** A request at a preview's host, whose answer is read by whoever asked. */
  function ask(path: string, asked: Asked = {}): Promise<IncomingMessage> {
    const { method = 'GET', headers = {}, body } = asked;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = request({ port, host: '127.0.0.1', method, path, headers: { host: hostOf(asked), ...headers }, agent: false }, resolve);
    call.on('error', reject);
    if (body instanceof Readable) body.pipe(call);
    else call.end(body);
    return promise;
  }

  const self = {
    store,
    session,
    learner,
    stranger,
    port,
    begin,
    faults,
    dialled,
    /** Sessions whose use was noted, as often as it was. */
    touched,
    hostOf,
    ask,
    origin: (label = 'web') => `http://${hostOf({ label })}`,
    async get(path: string, asked: Asked = {}): Promise<Answer> {
      const answer = await ask(path, asked);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      return { status: answer.statusCode ?? 0, headers: answer.headers, raw: answer.rawHeaders, text };
    },
    /** The address that the lesson's page would get. */
    address: (label = 'web', of = session, person = learner) =>
      askedPreview(context, { session: of, person, label, host: `localhost:${port}` }).then((url) => new URL(url)),
    /** Enters as the browser does and answers the cookie that it keeps. */
    async cookie(label = 'web', of = session, person = learner): Promise<string> {
      const url = await self.address(label, of, person);
      const answer = await self.get(`${url.pathname}${url.search}`, { label, session: of.id });
      return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    },
    /** With a lab of one's own to be called at the end; else it comes with the end of the test. */
    async close() {
      seen.close();
      for (const socket of dialled) socket.destroy();
      site.closeAllConnections();
      for (const server of [site, ...Object.values(programs)]) server.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
    /** A bare connection to the site, for what no client library says. */
    async wire(): Promise<Socket> {
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'connect');
      onTestFinished(() => void socket.destroy());
      return socket;
    },
  };
  if (other === undefined) onTestFinished(self.close);
  return self;
}

/** A program that answers what it was asked, as JSON, and remembers it. */
export function echo(work?: RequestListener) {
  const heard: { method: string; url: string; headers: IncomingMessage['headers']; raw: string[] }[] = [];
  const server = createServer((asked, response) => {
    heard.push({ method: asked.method ?? '', url: asked.url ?? '', headers: asked.headers, raw: asked.rawHeaders });
    if (work !== undefined) return work(asked, response);
    response.end(`heard ${asked.method} ${asked.url}`);
  });
  return { server, heard };
}
