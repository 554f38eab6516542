import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { engine, kube } from '#grading';
import type { Observation } from '#grading/observation.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

let lab: FakeLab;
const eyes: Observer[] = [];
const open = (options: { deadline?: number } = {}) => {
  const eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), ...options });
  eyes.push(eye);
  return eye;
};
const look = (eye: Observer, observation: Observation) => eye.round(AbortSignal.timeout(5_000))(observation);
const images = engine.images({ fields: z.object({ Id: z.string() }) });

beforeEach(async () => {
  lab = await fakeLab();
});
afterEach(async () => {
  await Promise.all(eyes.splice(0).map((eye) => eye.close()));
  await lab.close();
});

/** Lets all of the lab's own servers do this with whoever connects. */
async function serve(behave: (socket: Socket) => void): Promise<() => void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => behave(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  lab.provider.dial = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  return () => void server.close();
}

test('a server of the lab that changes the protocol means we could not look, at once', async () => {
  const said = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  const stop = await serve((socket) => socket.write(said));
  const why = 'engine:2375 gave no answer to /images/json: it changed to another protocol';
  expect(await look(open({ deadline: 4_000 }), images)).toEqual({ ok: false, reason: why });
  stop();
});

test('what is never answered, and heeds no signal, ends at our own deadline', async () => {
  lab.provider.dial = () => new Promise(() => {});
  expect(await look(open({ deadline: 50 }), images)).toEqual({ ok: false, reason: 'it took too long' });
});

test('a grader whose own code throws could not look, and is told why', async () => {
  const fields = z.object({ metadata: z.object({ name: z.string() }) }).transform((): { never: string } => {
    throw new Error('no luck');
  });
  lab.objects.set('/api/v1/namespaces/shop/pods/web', { metadata: { name: 'web' } });
  const web = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields });
  expect(await look(open(), web)).toEqual({ ok: false, reason: 'the grader could not read what came back: no luck' });
});
