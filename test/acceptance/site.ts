import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Dockerode from 'dockerode';
import type { PhaseView, SessionView } from '#runtime/hub.ts';

const root = join(import.meta.dirname, '..', '..');

/** A built server of its own for a test: its own port, data folder and instance; it can be killed and started again. */
export interface Site {
  origin: string;
  instance: string;
  data: string;
  start(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** The number of the server's process. */
  pid(): number;
  /** What the server wrote. */
  output(): string;
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  cookie(): Promise<string>;
  /** Containers, networks and volumes that carry this instance's label. */
  census(): Promise<string[]>;
  close(): Promise<void>;
}

/** `entry` is the server of another build than the checkout's own. */
export async function site(env: Readonly<Record<string, string>> = {}, entry = join(root, 'dist/server/entry.mjs')): Promise<Site> {
  const data = await mkdtemp(join(tmpdir(), 'slipway-site-'));
  const port = await freePort();
  const instance = `test-${data.slice(-6).toLowerCase()}`;
  const origin = `http://localhost:${port}`;
  let child: ChildProcess | undefined;
  let written = '';
  let cookie: string | undefined;

  const self: Site = {
    origin,
    instance,
    data,
    async start() {
      child = spawn(process.execPath, [entry], {
        cwd: root,
        env: {
          ...process.env,
          SLIPWAY_ROOT: root,
          SLIPWAY_DATA: data,
          SLIPWAY_INSTANCE: instance,
          SLIPWAY_PORT: String(port),
          SLIPWAY_POOL_MIB: '0',
          NODE_ENV: 'production',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk) => {
          written += String(chunk);
        });
      }
      await until(async () => {
        if (child?.exitCode !== null) throw new Error(`the server ended: ${written}`);
        return (await fetch(`${origin}/readyz`).catch(() => null))?.ok === true;
      }, 'the server to answer');
    },
    async kill(signal) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
    pid: () => child?.pid ?? 0,
    output: () => written,
    async cookie() {
      if (cookie === undefined) {
        const answer = await fetch(`${origin}/`, { headers: { accept: 'text/html' } });
        cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      }
      return cookie;
    },
    async call(method, path, body) {
      const headers = { origin, cookie: await self.cookie(), ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) };
      const sent = method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {};
      const answer = await fetch(`${origin}${path}`, { method, headers, ...sent });
      return { status: answer.status, body: await answer.json() };
    },
    async census() {
      const docker = new Dockerode();
      const filters = JSON.stringify({ label: [`slipway.instance=${instance}`] });
      const [containers, networks, volumes] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listVolumes({ filters }),
      ]);
      return [
        ...containers.map((container) => container.Names[0] ?? container.Id),
        ...networks.map((network) => network.Name),
        ...(volumes.Volumes ?? []).map((volume) => volume.Name),
      ].sort();
    },
    async close() {
      await self.kill('SIGKILL');
      await rm(data, { recursive: true, force: true });
    },
  };
  return self;
}

/** Follows a session's events until `accept` likes one; then hangs up and answers it. */
export async function follow<T>(site: Site, session: string, accept: (event: FollowedEvent) => T | undefined, seconds: number): Promise<T> {
  const signal = AbortSignal.timeout(seconds * 1000);
  const answer = await fetch(`${site.origin}/api/sessions/${session}/events`, { headers: { cookie: await site.cookie() }, signal });
  if (!answer.ok || !answer.body) throw new Error(`events answered ${answer.status}`);
  let rest = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (!type || !data) continue;
      const accepted = accept({ type, data: JSON.parse(data) } as FollowedEvent);
      if (accepted !== undefined) return accepted;
    }
  }
  throw new Error('the events ended early');
}

export type FollowedEvent =
  | { type: 'session'; data: SessionView }
  | { type: 'phases'; data: { epoch: number; phases: PhaseView[] } }
  | { type: 'verdict'; data: { task: string; savedAt: string | null } };

/** Looks again until it is so; an error with what was awaited after `seconds`. */
export async function until(look: () => Promise<boolean>, what: string, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await pause(50);
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
