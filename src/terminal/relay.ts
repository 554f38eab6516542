import type { WebSocket } from 'ws';
import { type CloseReason, closes, closeText } from '#lab/close.ts';
import { type Frame, withOffset } from '#lab/framing.ts';
import type { Down, Up } from '#lab/wire.ts';
import type { Channel, Listener } from './link.ts';
import { parseDown, parseUp } from './messages.ts';
import { type Pace, pacer } from './pace.ts';

export interface Relay {
  open: (listener: Listener) => Promise<Channel>;
  socket: WebSocket;
  /** Called when the learner does something here, at most once a second. */
  touched: () => void;
  /** Shares the machine with other relays; by default with all of this process. */
  pace?: Pace;
  /** A browser that does not answer a ping within this time is gone. */
  pingMilliseconds?: number;
  /** A supervisor that says nothing within this time is not there. */
  openMilliseconds?: number;
}

/** Why a relay ended, and what to log about it. */
export interface RelayEnd {
  reason: CloseReason;
  detail: string;
}

/** Neighbouring output is sent as one message up to this size. */
const mergeBytes = 65_536;
/** What may wait for a browser that does not read. The window of unacknowledged output and its words keep far below it. */
const mostWaiting = 1024 * 1024;
/** Acknowledgements are passed on when they free this much: far below the shell's low water, and no key waits for its own. */
const ackBytes = 48 * 1024;
/** Messages a browser may send: so many at once, and so many a second. A fast terminal acknowledges a thousand times a second. */
const burst = 20_000;
const perSecond = 5_000;
const processPace = pacer();

/**
 * Carries frames between a browser and a shell until either goes away, then closes both. Output is acknowledged to the shell
 * when the browser has parsed it *and* the network has taken it, so that no more than the shell's window ever waits here.
 * Throws what `open` throws.
 */
export async function relay(options: Relay): Promise<RelayEnd> {
  const { open, socket, touched, pace = processPace(), pingMilliseconds = 25_000, openMilliseconds = 15_000 } = options;
  const end = Promise.withResolvers<RelayEnd>();
  const finish = (reason: CloseReason, detail = '') => end.resolve({ reason, detail });
  socket.on('close', (code) => finish('left', `closed with ${code}`));
  socket.on('error', (error) => finish('left', String(error)));

  let channel: Channel | undefined;
  const down = downward(socket, pace, (offset) => channel?.send({ type: 'ack', offset }), finish);
  const answered = setTimeout(() => {
    channel?.giveUp('the supervisor did not answer in time');
    finish('broken', 'the supervisor did not answer in time');
  }, openMilliseconds);
  channel = await open({
    heard(frames) {
      clearTimeout(answered);
      down.take(frames);
    },
    drained: () => socket.resume(),
    broken: (detail) => finish('broken', detail),
  }).catch((error: unknown) => {
    clearTimeout(answered);
    throw error;
  });

  const toShell = upward(channel, socket, down.acknowledged, touched);
  socket.on('message', (data, isBinary) => {
    const refused = toShell(data, isBinary);
    if (refused !== null) finish('malformed', refused);
  });
  const stopPings = keepAlive(socket, pingMilliseconds, () => finish('silent'));
  socket.resume();

  const why = await end.promise;
  clearTimeout(answered);
  stopPings();
  down.stop();
  channel.close();
  if (socket.isPaused) socket.resume();
  socket.close(closes[why.reason].code, closeText(why.reason === 'malformed' ? why.detail : closes[why.reason].words));
  return why;
}

/** What the browser sends. Answers null, or the reason it is refused. */
function upward(channel: Channel, socket: WebSocket, acknowledged: (offset: number) => void, touched: () => void) {
  const notice = atMostEverySecond(touched);
  const allowed = bucket();
  return (...[data, isBinary]: Parameters<typeof parseUp>): string | null => {
    if (!allowed()) return 'too many messages at once';
    const up = parseUp(data, isBinary);
    if (!up.ok) return up.reason;
    if (up.message.type === 'ack') acknowledged(up.message.offset);
    else {
      if (isActivity(up.message)) notice();
      if (!channel.send(up.message)) socket.pause();
    }
    return null;
  };
}

const isActivity = ({ type }: Up) => type !== 'ack' && type !== 'resize';

/** What goes to the browser: output merged where it adjoins, and how much of it was taken. */
function downward(
  socket: WebSocket,
  pace: Pace,
  acknowledge: (offset: number) => void,
  finish: (reason: CloseReason, detail: string) => void,
) {
  let opened = false;
  let held: ReturnType<typeof setTimeout> | undefined;
  const output = { sent: 0, taken: 0, parsed: 0, told: 0 };

  const tell = (): void => {
    const read = Math.min(output.parsed, output.taken);
    const most = Math.min(pace.most(), ackBytes);
    if (held !== undefined || read - output.told < most) return;
    const wait = pace.wait();
    if (wait >= 1) {
      held = setTimeout(() => {
        held = undefined;
        tell();
      }, wait);
      return;
    }
    const offset = Math.min(read, output.told + pace.most());
    pace.passed(offset - output.told);
    output.told = offset;
    acknowledge(offset);
    tell();
  };
  const send = (data: Uint8Array | string, taken?: () => void) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(data, { binary: typeof data !== 'string' }, taken);
    if (socket.bufferedAmount > mostWaiting) {
      finish('broken', 'the browser does not read');
      socket.terminate();
    }
  };
  const sendOutput = ({ offset, end, parts }: Part & { kind: 'data' }) => {
    output.sent = end;
    send(withOffset(offset, ...parts), () => {
      output.taken = end;
      tell();
    });
  };
  const say = (text: string) => {
    const parsed = parseDown(text);
    if (!parsed.ok) {
      finish('broken', `the supervisor said something malformed: ${parsed.reason}`);
      return;
    }
    const { message } = parsed;
    send(text);
    if (message.type === 'opened') {
      opened = true;
      output.told = message.from;
    } else if (message.type === 'gap') output.told = message.to;
    const last = lastWord(message, opened);
    if (last !== null) finish(last, message.type === 'error' ? message.message : '');
  };
  return {
    take(frames: readonly Frame[]) {
      for (const part of merge(frames)) {
        if (part.kind === 'data') sendOutput(part);
        else say(part.text);
      }
    },
    stop() {
      clearTimeout(held);
      pace.left();
    },
    /** The browser has parsed everything before this byte. */
    acknowledged(offset: number) {
      output.parsed = Math.max(output.parsed, offset);
      tell();
    },
  };
}

/** Why it is over, when the supervisor says so. */
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

/** Answers whether one more is allowed at this moment. */
function bucket(): () => boolean {
  let left = burst;
  let last = performance.now();
  return () => {
    const at = performance.now();
    left = Math.min(burst, left + ((at - last) / 1_000) * perSecond);
    last = at;
    left -= 1;
    return left >= 0;
  };
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
