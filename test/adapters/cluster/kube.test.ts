import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Kube, kube } from '#cluster/kube.ts';
import { type FakeApiServer, fakeApiServer, json } from '../../fakes/engine/api-server.ts';
import { client } from '../../fakes/engine/certificates.ts';
import { soon } from './fake-lab.ts';

let api: FakeApiServer;
let admin: Kube;
afterEach(async () => {
  await admin?.close();
  await api?.close();
});

async function against(...answer: Parameters<typeof fakeApiServer>): Promise<void> {
  api = await fakeApiServer(...answer);
  admin = kube({ connect: () => dial(api.port), credentials: client });
}

const dial = (port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });

describe('a Kubernetes API server', () => {
  it('is asked over connections that are kept', async () => {
    await against((_request, response) => json(response, { kind: 'Pod' }));
    for (let times = 0; times < 8; times += 1) {
      expect(await admin.get('/api/v1/pods', { signal: soon() })).toEqual({ status: 200, body: { kind: 'Pod' } });
    }
    expect(api.connections).toBeLessThanOrEqual(2);
  });

  it('may answer any status, with its body', async () => {
    await against((_request, response) => json(response, { reason: 'NotFound' }, 404));
    expect(await admin.get('/x', { signal: soon() })).toEqual({ status: 404, body: { reason: 'NotFound' } });
  });

  it('gives logs as text', async () => {
    await against((_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('line\n'));
    expect((await admin.get('/log', { signal: soon() })).body).toBe('line\n');
  });

  it('is not read beyond the size asked for', async () => {
    await against((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(5000)}"`));
    await expect(admin.get('/big', { signal: soon(), maxBytes: 1000 })).rejects.toMatchObject({ code: 'too-large' });
  });

  it('is not waited for beyond the signal', async () => {
    await against(() => undefined);
    await expect(admin.get('/never', { signal: soon(100) })).rejects.toMatchObject({ code: 'deadline' });
  });

  it('that sends half an object is not believed', async () => {
    await against((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":'));
    await expect(admin.get('/half', { signal: soon() })).rejects.toMatchObject({ code: 'api' });
  });

  it('of another authority is refused', async () => {
    await against();
    const stranger = kube({ connect: () => dial(api.port), credentials: { ...client, ca: client.cert } });
    await expect(stranger.get('/apis', { signal: soon() })).rejects.toMatchObject({ code: 'api' });
    await stranger.close();
  });

  it('that cannot be dialled says why', async () => {
    await against();
    const lost = kube({ connect: () => Promise.reject(new Error('the node is gone')), credentials: client });
    await expect(lost.get('/apis', { signal: soon() })).rejects.toMatchObject({ code: 'api', output: 'the node is gone' });
    await lost.close();
  });

  it('tells changes as they come, however they are cut into packets', async () => {
    await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED"}\n{"type":"MO');
      setImmediate(() => response.end('DIFIED"}\n'));
    });
    const seen: unknown[] = [];
    for await (const event of admin.watch('/api/v1/pods?resourceVersion=7', { signal: soon() })) seen.push(event);
    expect(seen).toEqual([{ type: 'ADDED' }, { type: 'MODIFIED' }]);
    expect(api.calls).toEqual(['GET /api/v1/pods?resourceVersion=7&watch=1']);
  });

  it('is watched until the signal, quietly', async () => {
    await against((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"type":"ADDED"}\n'));
    const stop = new AbortController();
    for await (const _event of admin.watch('/api/v1/pods', { signal: stop.signal })) stop.abort();
    expect(stop.signal.aborted).toBe(true);
  });

  it('that breaks off a watch is an error', async () => {
    await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"type":"ADDED"}\n');
      setImmediate(() => response.destroy());
    });
    const all = async () => {
      for await (const _event of admin.watch('/api/v1/pods', { signal: soon() }));
    };
    await expect(all()).rejects.toMatchObject({ code: 'api' });
  });
});
