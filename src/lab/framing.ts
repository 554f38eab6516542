/**
 * Frames on the stdio of `slipway-shell attach`: one byte of type, four of payload length (big-endian), the payload.
 * `D` (only down) is an eight-byte offset and the raw output from there; `J` is a JSON message of `wire.ts`.
 * On a `slipway-shell link` every payload begins with its channel's number in four bytes; `O` (only up) opens a channel
 * and `C` (only up) closes it.
 */
export type Frame = { kind: 'data'; offset: number; bytes: Uint8Array } | { kind: 'json'; text: string };

/** The other side broke the framing: what follows cannot be understood. */
export class FramingError extends Error {
  override name = 'FramingError';
}

/** Largest payload of one frame, in bytes. */
export const maxFrameBytes = 131_072;

const headerBytes = 5;
const offsetBytes = 8;
const channelBytes = 4;
const data = 0x44;
const json = 0x4a;
const up = { open: 0x4f, json, close: 0x43 };
const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

/** One `J` frame holding `message`. Throws when it is larger than a frame may be. */
export function encodeJson(message: unknown): Uint8Array<ArrayBuffer> {
  const payload = encoder.encode(JSON.stringify(message));
  const frame = begin(json, payload.length);
  frame.set(payload, headerBytes);
  return frame;
}

/** One frame up a link. */
export function encodeChannel(kind: keyof typeof up, channel: number, message?: unknown): Uint8Array<ArrayBuffer> {
  const payload = message === undefined ? new Uint8Array(0) : encoder.encode(JSON.stringify(message));
  const frame = begin(up[kind], channelBytes + payload.length);
  new DataView(frame.buffer).setUint32(headerBytes, channel);
  frame.set(payload, headerBytes + channelBytes);
  return frame;
}

/** One `D` frame: `bytes`, which begin at byte `offset` of the shell's output. */
export function encodeData(offset: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = begin(data, offsetBytes + bytes.length);
  frame.set(withOffset(offset, bytes), headerBytes);
  return frame;
}

/** The payload of a `D` frame, which is also a binary WebSocket message. */
export function withOffset(offset: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(offsetBytes + parts.reduce((sum, part) => sum + part.length, 0));
  new DataView(payload.buffer).setBigUint64(0, BigInt(offset));
  let at = offsetBytes;
  for (const part of parts) {
    payload.set(part, at);
    at += part.length;
  }
  return payload;
}

/** Reads such a payload. `bytes` is a view of it, not a copy. */
export function readOffset(payload: Uint8Array): { offset: number; bytes: Uint8Array } {
  if (payload.length < offsetBytes) throw new FramingError(`a data frame of ${payload.length} bytes has no room for its offset`);
  const offset = Number(new DataView(payload.buffer, payload.byteOffset, offsetBytes).getBigUint64(0));
  if (!Number.isSafeInteger(offset)) throw new FramingError('a data frame has an offset beyond 2^53');
  return { offset, bytes: payload.subarray(offsetBytes) };
}

/** A decoder that takes chunks cut anywhere and answers the frames they complete. Throws `FramingError`, and then for good. */
export function frameDecoder(): (chunk: Uint8Array) => Frame[] {
  const split = splitter();
  return (chunk) => split(chunk).map(({ kind, payload }) => decode(kind, payload));
}

/** The same for what comes down a link: the frames by channel, those of each in their order. */
export function linkDecoder(): (chunk: Uint8Array) => Map<number, Frame[]> {
  const split = splitter();
  return (chunk) => {
    const channels = new Map<number, Frame[]>();
    for (const { kind, payload } of split(chunk)) {
      if (payload.length < channelBytes) throw new FramingError(`a frame of ${payload.length} bytes has no room for its channel`);
      const channel = new DataView(payload.buffer, payload.byteOffset, channelBytes).getUint32(0);
      const frame = decode(kind, payload.subarray(channelBytes));
      const frames = channels.get(channel);
      if (frames === undefined) channels.set(channel, [frame]);
      else frames.push(frame);
    }
    return channels;
  };
}

function splitter(): (chunk: Uint8Array) => { kind: number; payload: Uint8Array }[] {
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : concat(rest, chunk);
    const found: { kind: number; payload: Uint8Array }[] = [];
    let at = 0;
    while (rest.length - at >= headerBytes) {
      const kind = rest[at];
      const length = new DataView(rest.buffer, rest.byteOffset + at + 1, 4).getUint32(0);
      if (kind !== data && kind !== json) throw new FramingError(`unknown frame type 0x${kind?.toString(16).padStart(2, '0')}`);
      if (length > maxFrameBytes) throw new FramingError(`a frame of ${length} bytes, where ${maxFrameBytes} is the most`);
      if (rest.length - at - headerBytes < length) break;
      found.push({ kind, payload: rest.subarray(at + headerBytes, at + headerBytes + length) });
      at += headerBytes + length;
    }
    rest = rest.subarray(at);
    return found;
  };
}

function decode(kind: number, payload: Uint8Array): Frame {
  if (kind === data) return { kind: 'data', ...readOffset(payload) };
  try {
    return { kind: 'json', text: strictDecoder.decode(payload) };
  } catch (cause) {
    throw new FramingError('a JSON frame is not UTF-8', { cause });
  }
}

function begin(kind: number, length: number): Uint8Array<ArrayBuffer> {
  if (length > maxFrameBytes) throw new FramingError(`a frame of ${length} bytes, where ${maxFrameBytes} is the most`);
  const frame = new Uint8Array(headerBytes + length);
  frame[0] = kind;
  new DataView(frame.buffer).setUint32(1, length);
  return frame;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
