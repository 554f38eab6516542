import type { Page } from '@playwright/test';

/** What a page must never do: complain in its console, throw, or talk to another host. */
export interface Guard {
  /** What was seen so far, a line each. */
  seen(): readonly string[];
  /** Lost connections are expected while `work` lasts, since the server is away on purpose. */
  whileAway<T>(work: () => Promise<T>): Promise<T>;
}

export function guard(page: Page, origin: string): Guard {
  const seen: string[] = [];
  let away = false;
  const lost = /net::ERR_|WebSocket connection to|Failed to fetch|NetworkError/;
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (away && lost.test(message.text())) return;
    seen.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => seen.push(`page error: ${error.stack ?? error.message}`));
  const host = new URL(origin).host;
  const look = (url: string) => {
    const { protocol, host: asked } = new URL(url);
    if (protocol !== 'data:' && protocol !== 'blob:' && asked !== host) seen.push(`request to another host: ${url}`);
  };
  page.on('request', (request) => look(request.url()));
  page.on('websocket', (socket) => look(socket.url()));
  return {
    seen: () => seen,
    async whileAway(work) {
      away = true;
      try {
        return await work();
      } finally {
        away = false;
      }
    },
  };
}
