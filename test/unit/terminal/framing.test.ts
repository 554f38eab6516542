import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeChannel,
  encodeData,
  encodeJson,
  type Frame,
  FramingError,
  frameDecoder,
  linkDecoder,
  maxFrameBytes,
  readOffset,
  withOffset,
} from '#lab/framing.ts';

const frame = fc.oneof(
  fc.record({ kind: fc.constant('data' as const), offset: fc.maxSafeNat(), bytes: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('json' as const), text: fc.jsonValue().map((value) => JSON.stringify(value)) }),
);

const encode = (one: Frame) => (one.kind === 'data' ? encodeData(one.offset, one.bytes) : encodeJson(JSON.parse(one.text)));

describe('frames on the stdio of an attach', () => {
  test('arrive as they were sent, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encode));
        const decode = frameDecoder();
        const got: Frame[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          got.push(...decode(Uint8Array.from(stream.subarray(at, at + cut))));
          at += cut;
        }
        expect(got.map(encode)).toEqual(frames.map(encode));
        expect(got).toHaveLength(frames.length);
      }),
    );
  });

  test('byte by byte, the supervisor’s greeting is one message', () => {
    const decode = frameDecoder();
    const greeting = encodeJson({ type: 'peers', count: 1 });
    const got = [...greeting].flatMap((byte) => decode(Uint8Array.of(byte)));
    expect(got).toEqual([{ kind: 'json', text: '{"type":"peers","count":1}' }]);
  });

  test('any bytes at all give frames or a FramingError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          frameDecoder()(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FramingError);
        }
      }),
    );
  });

  test.each([
    ['an unknown type', Uint8Array.of(0x58, 0, 0, 0, 0), /unknown frame type 0x58/],
    ['a length above the cap', Uint8Array.of(0x44, 0xff, 0xff, 0xff, 0xff), /4294967295 bytes/],
    ['data without an offset', Uint8Array.of(0x44, 0, 0, 0, 1, 0), /no room for its offset/],
    ['an offset that no number holds', Uint8Array.of(0x44, 0, 0, 0, 8, ...new Array(8).fill(0xff)), /beyond 2\^53/],
    ['JSON that is not UTF-8', Uint8Array.of(0x4a, 0, 0, 0, 1, 0xff), /not UTF-8/],
  ])('%s is refused by name', (_name, bytes, reason) => {
    expect(() => frameDecoder()(bytes)).toThrow(reason);
  });

  test('on a link reach their own channel, in their order, wherever the stream is cut', () => {
    const sent = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.jsonValue()), { maxLength: 20 });
    fc.assert(
      fc.property(sent, fc.array(fc.nat({ max: 60 }), { maxLength: 20 }), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(([channel, message]) => encodeChannel('json', channel, message)));
        const decode = linkDecoder();
        const got = new Map<number, string[]>();
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          for (const [channel, frames] of decode(Uint8Array.from(stream.subarray(at, at + cut)))) {
            const texts = frames.map((one) => (one.kind === 'json' ? one.text : 'data'));
            got.set(channel, [...(got.get(channel) ?? []), ...texts]);
          }
          at += cut;
        }
        const wanted = Map.groupBy(messages, ([channel]) => channel);
        for (const [channel, list] of wanted) expect(got.get(channel)).toEqual(list.map(([, message]) => JSON.stringify(message)));
        expect(got.size).toBe(wanted.size);
      }),
    );
  });

  test('without a channel are refused on a link', () => {
    expect(() => linkDecoder()(encodeJson(1))).toThrow(/no room for its channel/);
  });

  test('a message too large for a frame is refused before it is sent', () => {
    expect(() => encodeJson({ data: 'x'.repeat(maxFrameBytes) })).toThrow(FramingError);
  });

  test('an offset travels with its bytes to the browser', () => {
    const { offset, bytes } = readOffset(withOffset(5_000_000_000, Uint8Array.of(1, 2), Uint8Array.of(3)));
    expect({ offset, bytes: [...bytes] }).toEqual({ offset: 5_000_000_000, bytes: [1, 2, 3] });
  });
});
