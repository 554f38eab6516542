import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { StartWay } from '#lab/session.ts';
import type { SessionView } from '#runtime/hub.ts';
import type { Site } from '../../test/acceptance/site.ts';

/** Somebody with a browser of their own, as far as a server can tell. */
export interface Learner {
  cookie: string;
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
  /** From the click until the lab is ready, and until its prompt is there. Throws when it failed, or came by another way than is wanted. */
  start(lab: string, way?: StartWay): Promise<Began>;
  /** The same for a reset of a lab that is ready. */
  reset(session: string, way?: StartWay): Promise<Began>;
  /** Until it says `ended`. */
  end(session: string): Promise<void>;
}

interface Answer {
  status: number;
  body: unknown;
  /** Seconds after which another try makes sense. */
  retryAfter: number | null;
}

export interface Began {
  session: string;
  way: StartWay | null;
  /** Milliseconds since the click. */
  ready: number;
  prompt: number;
}

const patience = 900_000;

export function learner(here: Site, cookie: string): Learner {
  const self: Learner = {
    cookie,
    async call(method, path, body) {
      const headers = { origin: here.origin, cookie, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) };
      const answer = await fetch(`${here.origin}${path}`, {
        method,
        headers,
        ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      });
      const retryAfter = answer.headers.get('retry-after');
      return { status: answer.status, body: await answer.json(), retryAfter: retryAfter === null ? null : Number(retryAfter) };
    },
    start: (lab, way) => begun(`/api/labs/${lab}/start`, way),
    reset: (session, way) => begun(`/api/sessions/${session}/reset`, way),
    async end(session) {
      await self.call('POST', `/api/sessions/${session}/end`);
      await told(here, cookie, session, ({ state }) => state === 'ended');
    },
  };

  async function begun(path: string, way: StartWay | undefined): Promise<Began> {
    const clicked = performance.now();
    let { status, body, retryAfter } = await self.call('POST', path);
    // The page asks again by itself; the waiting counts.
    while (status === 503 && retryAfter !== null && performance.now() - clicked < patience) {
      await pause(retryAfter * 1000);
      ({ status, body, retryAfter } = await self.call('POST', path));
    }
    if (status >= 400) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    const { session } = body as { session: SessionView };
    const seen = await told(here, cookie, session.id, ({ state }) => state !== 'queued' && state !== 'starting');
    if (seen.state !== 'ready') throw new Error(`the lab is ${seen.state}: ${JSON.stringify(seen.reason)}`);
    const ready = performance.now() - clicked;
    await prompt(here, cookie, session.id);
    const took = { session: session.id, way: seen.way, ready: Math.round(ready), prompt: Math.round(performance.now() - clicked) };
    if (way !== undefined && took.way !== way) throw new Error(`the lab came ${took.way}, not ${way}: ${here.output().slice(-2000)}`);
    return took;
  }
  return self;
}

/** Follows a session's events until one of them is as wanted. */
async function told(here: Site, cookie: string, session: string, accept: (view: SessionView) => boolean): Promise<SessionView> {
  const url = `${here.origin}/api/sessions/${session}/events`;
  const answer = await fetch(url, { headers: { cookie }, signal: AbortSignal.timeout(patience) });
  if (!answer.ok || answer.body === null) throw new Error(`events answered ${answer.status}`);
  let rest = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, data] = /^event: session\ndata: (.*)$/.exec(block) ?? [];
      const view = data === undefined ? undefined : (JSON.parse(data) as SessionView);
      if (view !== undefined && accept(view)) return view;
    }
  }
  throw new Error('the events ended early');
}

/** Opens the first shell as a page does, and waits for its prompt. */
async function prompt(here: Site, cookie: string, session: string): Promise<void> {
  const address = `${here.origin.replace('http', 'ws')}/ws/sessions/${session}/shells/1`;
  const socket = new WebSocket(address, { headers: { cookie }, origin: here.origin });
  await new Promise<void>((resolve, reject) => {
    let seen = '';
    socket.on('message', (data: Buffer, binary) => {
      if (!binary) return;
      seen += data.subarray(8).toString('utf8');
      if (seen.includes('$ ')) resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the shell closed before its prompt')));
  });
  socket.close();
}
