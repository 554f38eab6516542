import type { Duplex } from 'node:stream';
import { encodeChannel, type Frame, linkDecoder } from '#lab/framing.ts';
import type { Up } from '#lab/wire.ts';

/** A running command of the toolbox: its stdin and stdout as raw bytes, and how it ended. */
export interface Attached {
  stream: Duplex;
  ended: Promise<{ code: number | null; stderr: string }>;
}

/** Which shell a channel is to carry, from which byte on (-1: the oldest kept) of which supervisor's, and who is there. */
export interface Opening {
  id: string;
  offset: number;
  boot: string | null;
  client: string | null;
}

/** What comes down a channel. */
export interface Listener {
  /** Output and messages in their order, as many as came at once. Whoever falls behind is to close the channel. */
  heard(frames: readonly Frame[]): void;
  /** What was sent is on its way: there is room again. */
  drained(): void;
  /** The link broke; nothing follows. */
  broken(detail: string): void;
}

export interface Channel {
  /** Answers whether there is room for more; `drained` tells when there is again. */
  send(message: Up): boolean;
  close(): void;
  /** Ends the whole link, which does not answer. */
  giveUp(detail: string): void;
}

/** One `slipway-shell link`: the shells of a toolbox, each attach on a channel of its own. */
export interface Link {
  open(opening: Opening, listener: Listener): Channel;
  /** Why it is over; null while it stands. */
  over(): string | null;
  close(detail: string): void;
}

/** How long the other end may take to finish after its stdin has ended, before it is cut. */
const graceMilliseconds = 2_000;

/** Carries channels over a running `slipway-shell link`. `emptied` is called whenever the last channel has closed, and at the end. */
export function openLink({ stream, ended }: Attached, emptied: () => void): Link {
  const channels = new Map<number, Listener>();
  const decode = linkDecoder();
  let opened = 0;
  let over: string | null = null;

  const end = (detail: string) => {
    if (over !== null) return;
    over = detail;
    hangUp(stream);
    for (const listener of channels.values()) listener.broken(detail);
    channels.clear();
    emptied();
  };
  stream.on('data', (chunk: Uint8Array) => {
    try {
      for (const [channel, frames] of decode(chunk)) channels.get(channel)?.heard(frames);
    } catch (error) {
      end(String(error));
    }
  });
  stream.on('drain', () => {
    for (const listener of channels.values()) listener.drained();
  });
  stream.on('error', (error) => end(String(error)));
  const outcome = ended.then(
    ({ code, stderr }) => `the link ended with ${code}: ${stderr.slice(-300)}`,
    (error: unknown) => String(error),
  );
  const finished = () => void outcome.then(end);
  stream.on('end', finished);
  stream.on('close', finished);

  const send = (kind: 'open' | 'json' | 'close', channel: number, message?: unknown): boolean =>
    over === null && stream.writable ? stream.write(encodeChannel(kind, channel, message)) : true;

  return {
    open(opening, listener) {
      const channel = ++opened;
      if (over === null) channels.set(channel, listener);
      else queueMicrotask(() => listener.broken(String(over)));
      send('open', channel, opening);
      return {
        send: (message) => send('json', channel, message),
        close() {
          if (!channels.delete(channel)) return;
          send('close', channel);
          if (channels.size === 0) emptied();
        },
        giveUp: end,
      };
    },
    over: () => over,
    close: end,
  };
}

/** Ends the command's stdin, at which it goes; what does not go within the grace is cut. */
function hangUp(stream: Duplex): void {
  stream.removeAllListeners('data');
  stream.resume();
  stream.end();
  const cut = setTimeout(() => stream.destroy(), graceMilliseconds);
  cut.unref();
  stream.once('close', () => clearTimeout(cut));
}
