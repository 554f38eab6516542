import type { Page } from '@playwright/test';

/** What a page must never do: complain in its console, throw, or talk to another host. */
export interface Guard {
  /** What was seen so far, a line each. */
  seen(): readonly string[];
  /** Lost connections are expected while `work` lasts, since the server is away on purpose. */
  whileAway<T>(work: () => Promise<T>): Promise<T>;
}

const networkChanged = 'net::ERR_NETWORK_CHANGED';

/**
 * Loads a page again when the machine's networks changed meanwhile, as they do whenever anyone on it makes a container:
 * Chromium then drops what it is loading.
 */
export function steady(page: Page): void {
  let isDropped = false;
  page.on('requestfailed', (request) => {
    if (request.failure()?.errorText === networkChanged) isDropped = true;
  });
  const loaded = async <T>(load: () => Promise<T>): Promise<T> => {
    for (let left = 3; ; left -= 1) {
      isDropped = false;
      try {
        const answer = await load();
        if (!isDropped || left === 0) return answer;
      } catch (error) {
        if (!String(error).includes(networkChanged) || left === 0) throw error;
      }
    }
  };
  const { goto, reload } = page;
  page.goto = (...args) => loaded(() => goto.apply(page, args));
  page.reload = (...args) => loaded(() => reload.apply(page, args));
}

export function guard(page: Page, origin: string): Guard {
  const seen: string[] = [];
  let away = false;
  /** Pages that were gone to; that one of them is not there is for the test to say. */
  const visited = new Set<string>();
  const lost = /net::ERR_|WebSocket connection to|Failed to fetch|NetworkError/;
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (away && lost.test(message.text())) return;
    if (message.text().includes(networkChanged)) return;
    if (message.text().includes('status of 404') && visited.has(message.location().url)) return;
    seen.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => seen.push(`page error: ${error.stack ?? error.message}`));
  const host = new URL(origin).host;
  const look = (url: string) => {
    const { protocol, host: asked } = new URL(url);
    if (protocol !== 'data:' && protocol !== 'blob:' && asked !== host) seen.push(`request to another host: ${url}`);
  };
  page.on('request', (request) => {
    look(request.url());
    if (request.isNavigationRequest()) visited.add(request.url());
  });
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
