import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, holderOf, needFreePort } from '#cli/site/port.ts';

let server: Server;
let port: number;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterEach(() => server.close());

test('a port that is taken is refused, with who has it and how to take another', async () => {
  await expect(needFreePort('127.0.0.1', port)).rejects.toMatchObject({
    message: expect.stringMatching(
      process.platform === 'linux' ? `^port ${port} is taken by .*node.* \\(process ${process.pid}\\)$` : `port ${port} is taken`,
    ),
    advice: expect.stringContaining(`--port ${port + 1}`),
  });
});

test.runIf(process.platform === 'linux')('who listens is found among the processes, and nobody is where nobody listens', async () => {
  expect(holderOf(port)?.pid).toBe(process.pid);
  server.close();
  await once(server, 'close');
  expect(holderOf(port)).toBeNull();
});

test('a free port is free', async () => {
  await expect(needFreePort('127.0.0.1', await freePort('127.0.0.1'))).resolves.toBeUndefined();
});
