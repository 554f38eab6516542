import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type CloseReason, closes, closeText } from '#lab/close.ts';
import { encodeJson, type Frame, frameDecoder, withOffset } from '#lab/framing.ts';
import { type Down, highWater, lowWater } from '#lab/wire.ts';
import { parseDown, parseUp } from './messages.ts';

/** A running `slipway-shell attach`: its stdin and stdout as raw bytes, and how it ended. */
export interface Attached {
  stream: Duplex;
  ended: Promise<{ code: number | null; stderr: string }>;
}

export interface Relay {
  attached: Attached;
  socket: WebSocket;
  /** Called when the learner does something here, at most once a second. */
  touched: () => void;
  /** A browser that does not answer a ping within this time is gone. */
  pingMilliseconds?: number;
}

/** Why a relay ended, and what to log about it. */
export interface RelayEnd {
  reason: CloseReason;
  detail: string;
}

/** How long a shell's end of the line may take to finish after the browser's has gone, before it is cut. */
const graceMilliseconds = 2_000;
/** Neighbouring output is sent as one message up to this size. */
const mergeBytes = 65_536;

/**
 * Carries frames between a browser and a shell until either goes away, then closes both. Holds no more than
 * `highWater` and one chunk of output for a browser that does not read; nothing typed ever waits behind output.
 */
export async function relay({ attached, socket, touched, pingMilliseconds = 25_000 }: Relay): Promise<RelayEnd> {
  const { stream, ended } = attached;
  const end = Promise.withResolvers<RelayEnd>();
  const finish = (reason: CloseReason, detail = '') => end.resolve({ reason, detail });
  const down = downward(socket, stream, finish);
  const decode = frameDecoder();

  stream.on('data', (chunk: Uint8Array) => {
    try {
      down.take(decode(chunk));
    } catch (error) {
      finish('broken', String(error));
    }
  });
  stream.on('error', (error) => finish('broken', String(error)));
  const outcome = ended.then(
    ({ code, stderr }) => `attach ended with ${code}: ${stderr.slice(-300)}`,
    (error: unknown) => String(error),
  );
  const over = () => void outcome.then((detail) => finish('broken', detail));
  stream.on('end', over);
  stream.on('close', over);

  const notice = atMostEverySecond(touched);
  socket.on('message', (data, isBinary) => {
    const up = parseUp(data, isBinary);
    if (!up.ok) {
      finish('malformed', up.reason);
      return;
    }
    if (up.message.type !== 'ack' && up.message.type !== 'resize') notice();
    if (stream.writable && !stream.write(encodeJson(up.message))) {
      socket.pause();
      stream.once('drain', () => socket.resume());
    }
  });
  socket.on('close', (code) => finish('left', `closed with ${code}`));
  socket.on('error', (error) => finish('left', String(error)));
  const stopPings = keepAlive(socket, pingMilliseconds, () => finish('silent'));

  const why = await end.promise;
  stopPings();
  hangUp(stream);
  if (socket.isPaused) socket.resume();
  socket.close(closes[why.reason].code, closeText(why.reason === 'malformed' ? why.detail : closes[why.reason].words));
  return why;
}

/** What goes to the browser: output merged where it adjoins, the shell held back while the socket is full. */
function downward(socket: WebSocket, stream: Duplex, finish: (reason: CloseReason, detail: string) => void) {
  let opened = false;
  const sent = () => {
    if (stream.isPaused() && socket.bufferedAmount < lowWater) stream.resume();
  };
  const send = (data: Uint8Array | string) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(data, { binary: typeof data !== 'string' }, sent);
    if (socket.bufferedAmount > highWater) stream.pause();
  };
  return {
    take(frames: readonly Frame[]) {
      for (const part of merge(frames)) {
        if (part.kind === 'data') {
          send(withOffset(part.offset, ...part.parts));
          continue;
        }
        const parsed = parseDown(part.text);
        if (!parsed.ok) {
          finish('broken', `the supervisor said something malformed: ${parsed.reason}`);
          return;
        }
        send(part.text);
        if (parsed.message.type === 'opened') opened = true;
        const last = lastWord(parsed.message, opened);
        if (last === null) continue;
        finish(last, parsed.message.type === 'error' ? parsed.message.message : '');
        return;
      }
    },
  };
}

/** Why it is over, when the supervisor says so; it then waits for this side to hang up. */
function lastWord(message: Down, opened: boolean): CloseReason | null {
  if (message.type === 'exit') return 'exited';
  if (message.type !== 'error' || opened) return null;
  return message.code.startsWith('too-many-') ? 'full' : 'broken';
}

type Part = { kind: 'data'; offset: number; end: number; parts: Uint8Array[] } | { kind: 'json'; text: string };

function merge(frames: readonly Frame[]): Part[] {
  const parts: Part[] = [];
  for (const frame of frames) {
    const last = parts.at(-1);
    if (frame.kind === 'json') parts.push(frame);
    else if (last?.kind === 'data' && last.end === frame.offset && last.end - last.offset + frame.bytes.length <= mergeBytes) {
      last.parts.push(frame.bytes);
      last.end += frame.bytes.length;
    } else parts.push({ kind: 'data', offset: frame.offset, end: frame.offset + frame.bytes.length, parts: [frame.bytes] });
  }
  return parts;
}

/** Ends the attach's stdin, at which it goes; what does not go within the grace is cut. */
function hangUp(stream: Duplex): void {
  stream.removeAllListeners('data');
  stream.resume();
  stream.end();
  const cut = setTimeout(() => stream.destroy(), graceMilliseconds);
  cut.unref();
  stream.once('close', () => clearTimeout(cut));
}

function keepAlive(socket: WebSocket, milliseconds: number, silent: () => void): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (socket.isPaused || socket.readyState !== socket.OPEN) return;
    if (!answered) {
      silent();
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, milliseconds);
  return () => clearInterval(timer);
}

function atMostEverySecond(call: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const at = performance.now();
    if (at - last < 1_000) return;
    last = at;
    call();
  };
}
