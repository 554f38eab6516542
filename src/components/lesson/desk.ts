/** A pause in typing or scrolling after which it is kept. */
const pauseMilliseconds = 700;
const againMilliseconds = 5_000;

/** What the server has not acknowledged yet; also in the browser, so that a reload while the server is away loses nothing. */
const waiting = new Map<string, unknown>();
let timer: ReturnType<typeof setTimeout> | undefined;
const stored = (name: string) => `slipway:desk:${name}`;

/** Keeps a value under a name on the server (`src/course/desk.ts` says which there are): soon, and at the latest as the page is left. */
export function keep(name: string, value: unknown): void {
  waiting.set(name, value);
  sessionStorage.setItem(stored(name), JSON.stringify(value));
  later(pauseMilliseconds);
}

/** What was kept under a name and did not reach the server before this page was loaded. */
export function unsent(name: string): unknown {
  const text = sessionStorage.getItem(stored(name));
  if (text === null) return undefined;
  const value: unknown = JSON.parse(text);
  keep(name, value);
  return value;
}

function later(milliseconds: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => flush(), milliseconds);
}

function flush(keepalive = false): void {
  clearTimeout(timer);
  for (const [name, value] of waiting) void put(name, value, keepalive);
}

async function put(name: string, value: unknown, keepalive: boolean): Promise<void> {
  try {
    const { status } = await fetch(`/api/desk/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
      keepalive,
    });
    // What is refused for good would be refused again.
    if (status >= 500) return later(againMilliseconds);
  } catch {
    // The server is away: nothing is lost, and the page says elsewhere that it is.
    return later(againMilliseconds);
  }
  if (waiting.get(name) !== value) return;
  waiting.delete(name);
  sessionStorage.removeItem(stored(name));
}

addEventListener('pagehide', () => flush(true));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') flush(true);
});
