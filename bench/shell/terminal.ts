import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { WebSocket } from 'ws';

/** A terminal in a toolbox, whoever carries it. */
export interface Terminal {
  type(text: string): void;
  /** Hears each piece of output from now on, until it is let go. */
  listen(hear: (bytes: Buffer) => void): () => void;
  /** Stops and goes on reading the connection. */
  stall(): void;
  unstall(): void;
  /** Leaves the shell by `exit`, and waits until the connection is closed. */
  exit(): Promise<void>;
}

/** A way into the toolboxes: ours, or the peer's. */
export interface Carrier {
  name: string;
  /** Opens a new shell of a toolbox; answers before its prompt is there. */
  open(toolbox: number, shell: number): Promise<Terminal>;
  /** Memory that its server holds, in MiB. */
  memoryMiB(): number;
  close(): Promise<void>;
}

const patience = 60_000;
export const clearLine = '\x15';

/** Waits until what is said satisfies; fails with the end of what was said. */
export function hears(terminal: Terminal, satisfies: (text: string) => boolean, milliseconds = patience): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => {
      leave();
      reject(new Error(`not heard within ${milliseconds} ms; the end of what was: ${JSON.stringify(text.slice(-300))}`));
    }, milliseconds);
    const leave = terminal.listen((bytes) => {
      text += bytes.toString('latin1');
      if (!satisfies(text)) return;
      clearTimeout(late);
      leave();
      resolve(text);
    });
  });
}

export const prompt = (terminal: Terminal) => hears(terminal, (text) => stripVTControlCharacters(text).endsWith('$ '));

/** Types a command and waits for the prompt after it. */
export async function command(terminal: Terminal, line: string): Promise<string> {
  const mark = `done-${Math.random().toString(36).slice(2, 8)}`;
  const over = hears(terminal, (text) => text.includes(`${mark}-0`) && stripVTControlCharacters(text).endsWith('$ '));
  terminal.type(`${line}; echo ${mark}-$((0))\r`);
  return await over;
}

/** One socket's end of a terminal: the carriers differ in what a message means. */
export function overSocket(
  socket: WebSocket,
  encode: (text: string) => string | Buffer,
  decode: (data: Buffer, isBinary: boolean) => Buffer | null,
): Terminal {
  const listeners = new Set<(bytes: Buffer) => void>();
  /** What a fast shell says together with the handshake, before anybody can listen. */
  let early: Buffer[] | null = [];
  socket.on('message', (data: Buffer, isBinary) => {
    const bytes = decode(data, isBinary);
    if (bytes === null) return;
    early?.push(Buffer.from(bytes));
    for (const hear of listeners) hear(bytes);
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    type: (text) => socket.send(encode(text)),
    listen(hear) {
      listeners.add(hear);
      const before = early ?? [];
      early = null;
      // Not before the caller has what it stops listening with.
      queueMicrotask(() => {
        for (const bytes of before) hear(bytes);
      });
      return () => void listeners.delete(hear);
    },
    stall: () => socket.pause(),
    unstall: () => socket.resume(),
    async exit() {
      socket.resume();
      for (let tries = 0; tries < 10 && socket.readyState !== socket.CLOSED; tries += 1) {
        // An interrupt throws away what is typed right behind it.
        if (socket.readyState === socket.OPEN) socket.send(encode('\x03'));
        await pause(100);
        if (socket.readyState === socket.OPEN) socket.send(encode('exit\r'));
        await Promise.race([closed, pause(1000, undefined, { ref: false })]);
      }
      socket.terminate();
    },
  };
}

export async function opened(socket: WebSocket): Promise<WebSocket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined); // its close is what is waited for
  return socket;
}
