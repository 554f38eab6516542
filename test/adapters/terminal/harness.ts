import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { readOffset } from '#lab/framing.ts';
import { Down, type Up } from '#lab/wire.ts';
import { type TerminalAccess, terminalUpgrade } from '#server/terminal-socket.ts';
import type { Attached } from '#terminal/link.ts';
import { supervisorProgram } from './program.ts';

/** A supervisor of this test's own, run on this host as the toolbox would run it. */
export async function supervisor() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-shell-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8', SLIPWAY_SHELL_SOCKET: folder };
  const program = await supervisorProgram();
  const start = (args: readonly string[]) => spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const serving = start(['serve']);
  const trouble: string[] = [];
  serving.stderr.on('data', (chunk: Buffer) => trouble.push(chunk.toString()));

  async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = start(args);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, stdout, stderr };
  }
  const list = async () => JSON.parse((await run('list')).stdout) as ListedShell[];
  await until(async () => (await run('list')).code === 0);

  return {
    pid: serving.pid ?? 0,
    list,
    run,
    /** What the cluster's `attach` does in the engine: the program, its stdin and stdout as one stream. */
    attach(argv: readonly string[]): Attached {
      const child = start(argv.slice(1));
      const stderr = text(child.stderr);
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      return { stream, ended: once(child, 'close').then(async ([code]) => ({ code, stderr: await stderr })) };
    },
    /** What went wrong inside; nothing ever should. */
    trouble: () => trouble.join(''),
    async [Symbol.asyncDispose]() {
      serving.kill('SIGTERM');
      if (serving.exitCode === null) await once(serving, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type Supervisor = Awaited<ReturnType<typeof supervisor>>;

interface ListedShell {
  id: string;
  pid: number | null;
  clients: number;
  start: number;
  end: number;
  paused: boolean;
}

/** The site's server, with nothing but terminals on it. */
export async function site(shells: { attach(argv: readonly string[]): Attached | Promise<Attached> }, authorize?: () => TerminalAccess) {
  const touches: number[] = [];
  const access: TerminalAccess = {
    ok: true,
    lab: 'lab',
    attach: async (argv) => await shells.attach(argv),
    touched: () => touches.push(Date.now()),
  };
  const terminals = terminalUpgrade({ authorize: async () => authorize?.() ?? access, log: pino({ level: 'silent' }) });
  const server = createServer();
  server.on('upgrade', terminals.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    touches,
    closeAll: terminals.closeAll,
    closeFor: terminals.closeFor,
    open: (options: BrowserOptions = {}) => browser(port, options),
    async [Symbol.asyncDispose]() {
      await terminals.closeAll();
      server.close();
      server.closeAllConnections();
    },
  };
}

interface BrowserOptions {
  shell?: string;
  offset?: number;
  boot?: string;
  client?: string;
  /** Acknowledges what it reads, as a terminal that keeps up. */
  acks?: boolean;
}

/** A browser's end of a terminal: keeps what it was sent, and waits for things to be true of it. */
export async function browser(port: number, { shell = '1', offset = -1, boot, client, acks = true }: BrowserOptions = {}) {
  const query = `offset=${offset}${boot ? `&boot=${boot}` : ''}${client ? `&client=${client}` : ''}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/sessions/s1/shells/${shell}?${query}`, {
    origin: `http://127.0.0.1:${port}`,
    perMessageDeflate: false,
  });
  const chunks: Buffer[] = [];
  const messages: Down[] = [];
  let next: number | null = null;
  let closed: { code: number; reason: string } | null = null;
  let bytes = 0;
  let seq = 0;
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };

  const earlier: Uint8Array[] = [];
  let shown = (data: Uint8Array): unknown => earlier.push(data);
  const show = (data: Uint8Array) => shown(Buffer.from(data));
  const send = (message: Up) => socket.send(JSON.stringify(message));
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      const piece = readOffset(data);
      if (next !== null && piece.offset !== next) throw new Error(`output jumps from ${next} to ${piece.offset}`);
      next = piece.offset + piece.bytes.length;
      bytes += piece.bytes.length;
      chunks.push(Buffer.from(piece.bytes));
      show(piece.bytes);
      if (chunks.length > 400) chunks.splice(0, 200);
      if (acks) send({ type: 'ack', offset: next });
    } else {
      const message = Down.parse(JSON.parse(data.toString()));
      messages.push(message);
      if (message.type === 'opened') next = message.from;
      if (message.type === 'gap') next = message.to;
      if (message.type === 'restore') show(Buffer.from(message.data));
    }
    changed();
  });
  socket.on('close', (code, reason) => {
    closed = { code, reason: reason.toString() };
    changed();
  });
  socket.on('error', changed);
  await Promise.race([once(socket, 'open'), once(socket, 'close')]);

  const screen = () => Buffer.concat(chunks).toString();
  /** Answers when `holds` does; fails, showing the screen, when it does not within the deadline. */
  async function sees<T>(holds: () => T | undefined | null | false, what: string, milliseconds = 10_000): Promise<T> {
    const deadline = AbortSignal.timeout(milliseconds);
    for (;;) {
      const value = holds();
      if (value) return value;
      if (deadline.aborted) throw new Error(`never seen: ${what}; closed: ${JSON.stringify(closed)}; screen:\n${screen().slice(-2000)}`);
      await new Promise<void>((resolve) => {
        const done = () => {
          watchers.delete(done);
          deadline.removeEventListener('abort', done);
          resolve();
        };
        watchers.add(done);
        deadline.addEventListener('abort', done);
      });
    }
  }

  return {
    socket,
    send,
    messages,
    screen,
    sees,
    bytes: () => bytes,
    next: () => next ?? 0,
    type: (data: string) => send({ type: 'input', data, seq: ++seq }),
    shows: (text: string | RegExp, milliseconds?: number) =>
      sees(() => (typeof text === 'string' ? screen().includes(text) : text.test(screen())), `“${text}”`, milliseconds),
    said: <K extends Down['type']>(type: K) =>
      sees(() => messages.find((message): message is Extract<Down, { type: K }> => message.type === type), type),
    closed: () => sees(() => closed, 'a close'),
    /** Hears everything a terminal would be given, from the first byte on. */
    onShown(hear: (data: Uint8Array) => void) {
      shown = hear;
      for (const data of earlier.splice(0)) hear(data);
    },
    /** Forgets what is on the screen. */
    clear: () => void chunks.splice(0),
    async leave() {
      if (socket.readyState < WebSocket.CLOSING) socket.close();
      await sees(() => closed, 'a close');
    },
  };
}

export type Browser = Awaited<ReturnType<typeof browser>>;

/** Tries until it holds, a turn of the loop and a few milliseconds apart. */
export async function until(holds: () => Promise<boolean> | boolean, milliseconds = 10_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}
