import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { openStore } from '#store/open.ts';
import type { LabSession, Store } from '#store/port.ts';
import { type Site, site } from '../acceptance/site.ts';
import { fakeEngine } from '../fakes/engine/engine.ts';
import { smallCourse } from './small/built.ts';

const lab = '01-harbour';
const secret = 'a-secret-of-this-test';

/** A built site with a lab that is ready, of which only a gateway stands: what listens behind it are programs of this test. */
export interface PreviewLab {
  site: Site;
  store: Store;
  /** The session of the one person of this site, ready; the same one as long as it lives. */
  ready(): Promise<LabSession>;
  program: Program;
  close(): Promise<void>;
}

/** Any of the lab's programs. */
export interface Program {
  heard: { url: string; headers: IncomingMessage['headers'] }[];
  /** Answers what the program knows no page for. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export async function previewLab(): Promise<PreviewLab> {
  const [engine, course] = [await fakeEngine(), smallCourse()];
  const heard: Program['heard'] = [];
  const program: Program = { heard, answer: (_request, response) => response.writeHead(404).end('no such page') };
  const listening = createHttpServer((request, response) => {
    heard.push({ url: request.url ?? '', headers: request.headers });
    program.answer(request, response);
  });
  const sockets = new WebSocketServer({ server: listening });
  sockets.on('connection', (socket, request) => {
    heard.push({ url: request.url ?? '', headers: request.headers });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  const gateway = await gatewayTo((listening.address() as AddressInfo).port);
  engine.published = { '7000/tcp': (gateway.address() as AddressInfo).port };
  const socketPath = (engine.docker().modem as unknown as { socketPath: string }).socketPath;
  const here = await site(
    { SLIPWAY_NO_ENGINE: '1', SLIPWAY_COURSE: course.folder, DOCKER_HOST: `unix://${socketPath}`, SLIPWAY_INSTANCE: 'test-preview' },
    course.entry,
  );
  await here.start();
  await here.cookie();
  const store = await openStore({ folder: here.data });
  return {
    site: here,
    store,
    program,
    async ready() {
      const [person] = await store.people.list();
      if (person === undefined) throw new Error('the site has no person yet');
      const { session, created } = await store.sessions.begin({ person: person.id, lab, labVersion: 'v1' });
      if (!created) return session;
      const instance = (await store.sessions.admit(session.id))?.instance ?? '';
      const Name = `slipway-${instance}-gateway`;
      const Labels = { 'slipway.instance': 'test-preview', 'slipway.lab': instance, 'slipway.epoch': '1', 'slipway.part': 'gateway' };
      const HostConfig = { PortBindings: { '7000/tcp': [] } };
      const Body = { Labels, Image: 'gateway:1', Env: [`SLIPWAY_GATEWAY_SECRET=${secret}`], HostConfig };
      engine.containers.set(Name, { Id: Name, Name, State: 'running', Body });
      return (await store.sessions.move(session.id, 'ready')) ?? session;
    },
    async close() {
      await store.close();
      await here.close();
      await engine.close();
      sockets.close();
      listening.closeAllConnections();
      listening.close();
      gateway.close();
    },
  };
}

/** The way into a lab: grants whoever says the secret a connection to the one program, at whatever port. */
async function gatewayTo(port: number): Promise<Server> {
  const gateway = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (line: Buffer) => {
      const [said, verb] = line.toString().split(' ');
      if (said !== secret || verb !== 'dial') return void socket.end('NO refused\n');
      const on = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
        socket.write('OK\n');
        socket.pipe(on).pipe(socket);
      });
      on.on('error', () => socket.destroy());
      socket.on('close', () => on.destroy());
    });
  });
  await once(gateway.listen(0, '127.0.0.1'), 'listening');
  return gateway;
}
