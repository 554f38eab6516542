import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { LabAccess } from '#cluster/port.ts';
import type { SessionEvent } from '#runtime/hub.ts';
import { buildRuntime, type Runtime } from '#runtime/runtime.ts';
import { readSettings } from '#runtime/settings.ts';
import type { Watch } from '#runtime/watch-progress.ts';
import { eventStream } from '#server/sse.ts';
import type { LabSession } from '#store/port.ts';

/** A lab of ten tasks as the product runs it: its own data folder and instance, a real cluster, a page that listens. */
export interface BenchLab {
  runtime: Runtime;
  session: LabSession;
  watch: Watch;
  access: LabAccess;
  /** Runs a shell script in the toolbox and answers what it wrote. */
  shell(script: string): Promise<string>;
  /** Opens the session's page: its events as they come off the wire, each with the time it came. */
  openPage(heard: (event: SessionEvent, at: number) => void): Promise<() => void>;
  close(): Promise<void>;
}

export interface BenchOptions {
  root: string;
  signal: AbortSignal;
  /** What is going on, for people. */
  say: (line: string) => void;
  /** How many times ours and the peer are measured in turn; each bench has its own default. */
  pairs?: number | undefined;
  /** How long something is watched that goes on by itself. */
  minutes?: number | undefined;
  /** How many are asked for at once, and how many may stand at once. */
  most?: number | undefined;
  density?: number | undefined;
}

export async function benchLab({ root, signal, say }: BenchOptions): Promise<BenchLab> {
  const data = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const instance = `test-bench-${randomBytes(3).toString('hex')}`;
  const settings = readSettings({
    SLIPWAY_ROOT: root,
    SLIPWAY_COURSE: join(root, 'bench', 'course'),
    SLIPWAY_DATA: data,
    SLIPWAY_POOL_MIB: '0',
    SLIPWAY_INSTANCE: instance,
    SLIPWAY_LOG: 'warn',
  });
  const runtime = await buildRuntime(settings);
  const { context, store } = runtime;
  const pages = createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const session = request.url?.slice(1) ?? '';
    const stream = eventStream(gone.signal, async (send) => context.hub.subscribe(session, (event) => send(event.type, event.data)));
    response.writeHead(200, Object.fromEntries(stream.headers));
    const copy = async () => {
      for await (const chunk of stream.body ?? []) response.write(chunk);
      response.end();
    };
    copy().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const { port } = pages.address() as AddressInfo;
  const close = async () => {
    pages.closeAllConnections();
    pages.close();
    await runtime.close();
    for (const { lab } of await context.provider.find(instance, AbortSignal.timeout(60_000))) {
      await context.provider.remove({ instance, lab }, AbortSignal.timeout(120_000));
    }
    await rm(data, { recursive: true, force: true });
  };
  try {
    const person = await store.people.create({ name: 'Bench', roles: ['learner'] });
    say('the lab starts');
    const began = performance.now();
    const { session } = await runtime.start(person, '00-bench');
    const ready = await reaches(runtime, session.id, signal);
    say(`the lab is ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const watch = await context.watches.get(ready.id);
    if (watch === undefined) throw new Error('the lab is not watched');
    const { access } = watch;
    return {
      runtime,
      session: ready,
      watch,
      access,
      async shell(script) {
        const done = await context.provider.exec(access.ref, { kind: 'toolbox' }, ['bash', '-c', script], { signal });
        if (done.code !== 0) throw new Error(`${script} ended with ${done.code}: ${done.stderr.slice(0, 500)}`);
        return done.stdout;
      },
      openPage: (heard) => openPage(`http://127.0.0.1:${port}/${ready.id}`, heard),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reaches(runtime: Runtime, id: string, signal: AbortSignal): Promise<LabSession> {
  for (;;) {
    const session = await runtime.store.sessions.get(id);
    if (session?.state === 'ready' && runtime.context.watches.get(id) !== undefined) return session;
    if (session === null || session.state === 'failed') throw new Error(`the lab is ${session?.state}: ${session?.reason?.message}`);
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function openPage(url: string, heard: (event: SessionEvent, at: number) => void): Promise<() => void> {
  const leave = new AbortController();
  const page = await fetch(url, { signal: leave.signal });
  const listen = async () => {
    let rest = '';
    for await (const chunk of page.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const at = Date.now();
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (type && data) heard({ type, data: JSON.parse(data) } as SessionEvent, at);
      }
    }
  };
  listen().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error;
  });
  return () => leave.abort();
}

/** Waits for work that has deadlines of its own, and no longer than until a stop is asked for. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** How busy the machine is with other work, by core; above 1 a measurement says more about that work. */
export const busyness = () => (loadavg()[0] ?? 0) / cpus().length;

export const machine = () => ({ cores: cpus().length, memoryGiB: Math.round(totalmem() / 1024 ** 3), node: process.version });

/** The value below which this share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}
export const spread = (numbers: readonly number[]) => ({
  min: quantile(numbers, 0),
  p50: quantile(numbers, 0.5),
  p95: quantile(numbers, 0.95),
  max: quantile(numbers, 1),
});
