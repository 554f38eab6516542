import type { Page, WebSocketRoute } from '@playwright/test';
import { WebSocket } from 'ws';
import { site, supervisor } from '../../adapters/terminal/harness.ts';

/**
 * Real shells for a page without a lab: this host runs the toolbox's supervisor, the site's own relay stands before it,
 * and the page's WebSockets are led there. The line between can be cut, or fall silent.
 */
export async function shellBridge() {
  const shells = await supervisor();
  const server = await site(shells);
  const open = new Map<WebSocketRoute, WebSocket>();
  /** What becomes of lines: carried, silent, or closed with this code. */
  let fate: 'carried' | 'silent' | number = 'carried';
  const asked: string[] = [];

  function lead(route: WebSocketRoute, page: Page): void {
    const { pathname, search } = new URL(route.url());
    asked.push(search);
    if (typeof fate === 'number') void route.close({ code: fate });
    if (fate !== 'carried') return;
    const origin = `127.0.0.1:${server.port}`;
    const socket = new WebSocket(`ws://${origin}${pathname}${search}`, { origin: `http://${origin}` });
    const early: (string | Buffer)[] = [];
    const left = () => {
      open.delete(route);
      socket.close();
    };
    open.set(route, socket);
    route.onMessage((message) => {
      if (fate === 'silent') return;
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else early.push(message);
    });
    route.onClose(left);
    page.on('close', left);
    socket.on('open', () => {
      for (const message of early.splice(0)) socket.send(message);
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (fate === 'carried' && open.has(route)) route.send(isBinary ? data : data.toString());
    });
    socket.on('error', () => undefined); // its close follows
    socket.on('close', (code) => {
      if (open.delete(route)) void route.close({ code: code === 1005 || code === 1006 ? 1011 : code });
    });
  }

  return {
    shells,
    /** The query of each attach so far. */
    asked,
    follow: (page: Page) => page.routeWebSocket(/\/ws\/sessions\//, (route) => lead(route, page)),
    /** Closes every line, and refuses new ones; with 1012 as a server that restarts. */
    async cut(code = 1012): Promise<void> {
      fate = code;
      for (const [route, socket] of open) {
        open.delete(route);
        socket.close();
        await route.close({ code });
      }
    },
    /** Nothing goes through any more, and nobody is told. */
    silence(): void {
      fate = 'silent';
    },
    back(): void {
      fate = 'carried';
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await shells[Symbol.asyncDispose]();
    },
  };
}
export type ShellBridge = Awaited<ReturnType<typeof shellBridge>>;

/** Forgets the tabs that an earlier test left on the desk: here everybody is the one learner of a laptop. */
export async function clearDesk(page: Page): Promise<void> {
  const home = await page.request.get('/', { headers: { accept: 'text/html' } });
  const value = { active: 1, tabs: [{ shell: 1, name: 'Shell 1' }] };
  const answer = await page.request.put('/api/desk/tabs:01-harbour', { data: { value }, headers: { origin: new URL(home.url()).origin } });
  if (!answer.ok()) throw new Error(`the desk answered ${answer.status()}`);
}
