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
  let away = false;
  let refusal: number | null = null;
  const asked: string[] = [];

  function lead(route: WebSocketRoute): void {
    const { pathname, search } = new URL(route.url());
    asked.push(search);
    if (away || refusal !== null) {
      void route.close({ code: refusal ?? 1012 });
      return;
    }
    const origin = `127.0.0.1:${server.port}`;
    const socket = new WebSocket(`ws://${origin}${pathname}${search}`, { origin: `http://${origin}` });
    const early: (string | Buffer)[] = [];
    open.set(route, socket);
    route.onMessage((message) => {
      if (away) return;
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else early.push(message);
    });
    route.onClose(() => {
      open.delete(route);
      socket.close();
    });
    socket.on('open', () => {
      for (const message of early.splice(0)) socket.send(message);
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (!away) route.send(isBinary ? data : data.toString());
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
    follow: (page: Page) => page.routeWebSocket(/\/ws\/sessions\//, lead),
    /** The server goes away: every line is closed with 1012, and new ones too. */
    async cut(): Promise<void> {
      away = true;
      for (const [route, socket] of open) {
        open.delete(route);
        socket.close();
        await route.close({ code: 1012 });
      }
    },
    /** Nothing goes through any more, and nobody is told. */
    silence(): void {
      away = true;
    },
    back(): void {
      away = false;
      refusal = null;
    },
    /** Closes every line, and refuses new ones, with a code of the site's own. */
    async refuse(code: number): Promise<void> {
      refusal = code;
      for (const [route, socket] of open) {
        open.delete(route);
        socket.close();
        await route.close({ code });
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await shells[Symbol.asyncDispose]();
    },
  };
}
export type ShellBridge = Awaited<ReturnType<typeof shellBridge>>;
