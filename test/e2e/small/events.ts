import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';

/** Events of a session: a name and its data each, in their order. */
export type Events = readonly (readonly [name: string, data: unknown])[];

/**
 * The event stream that a page asks for at `address`, by a server of this test: a line that stays open, as the site's own
 * does. Whoever connects is told `state()`; so are all that are connected, each time the answered function is called.
 */
export async function streamEvents(page: Page, address: string, state: () => Events): Promise<() => void> {
  const open = new Set<ServerResponse>();
  const tell = (to: ServerResponse) => {
    for (const [name, data] of state()) to.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 100\n\n');
    open.add(response);
    response.on('close', () => open.delete(response));
    tell(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  page.once('close', () => {
    server.close();
    server.closeAllConnections();
  });
  await page.route(address, (route) => route.continue({ url: `http://127.0.0.1:${port}/` }));
  return () => {
    for (const response of open) tell(response);
  };
}
