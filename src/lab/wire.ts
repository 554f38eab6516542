import { z } from 'zod';

/**
 * What travels between the browser and a shell. The WebSocket carries the same messages as the
 * supervisor's stdio; only the framing differs (`framing.ts`).
 *
 * Down: binary frames of an 8-byte big-endian byte offset followed by raw output, and `Down` as JSON text.
 * Up: `Up` as JSON text.
 */
export const Down = z.discriminatedUnion('type', [
  /**
   * First of all. Output begins at byte `from`; what lies before `to` was written before this attach. `boot` names the
   * supervisor: offsets of another one mean nothing. `fresh`: nobody has seen this shell before. `took`: the last `seq` of
   * this client that was typed; 0 when there is none.
   */
  z.strictObject({
    type: z.literal('opened'),
    boot: z.string().max(64),
    from: z.int().nonnegative(),
    to: z.int().nonnegative(),
    fresh: z.boolean(),
    took: z.int().nonnegative(),
  }),
  /** Bytes `from` (inclusive) to `to` (exclusive) are no longer to be had. */
  z.strictObject({ type: z.literal('gap'), from: z.int().nonnegative(), to: z.int().nonnegative() }),
  /**
   * Output that set the screen's modes is not among what follows: write `data`, which sets them, to the terminal. It has no
   * offset and is not acknowledged. Comes after `opened` or `gap`, before the next output.
   */
  z.strictObject({ type: z.literal('restore'), data: z.string().max(4096) }),
  z.strictObject({ type: z.literal('size'), cols: z.int().positive(), rows: z.int().positive() }),
  z.strictObject({ type: z.literal('peers'), count: z.int().nonnegative() }),
  /** The `run` of this id has been typed, by this request or an earlier one. */
  z.strictObject({ type: z.literal('ran'), id: z.string().max(64) }),
  /** Every `input` of this client up to `seq` has been typed, and will not be typed again if it is sent again. */
  z.strictObject({ type: z.literal('took'), seq: z.int().positive() }),
  z.strictObject({ type: z.literal('exit'), code: z.int().nullable() }),
  /** Before `opened`: there will be no shell. After it: what was last asked for was not done. */
  z.strictObject({ type: z.literal('error'), code: z.string().max(64), message: z.string().max(1000) }),
]);
export type Down = z.infer<typeof Down>;

export const Up = z.discriminatedUnion('type', [
  /**
   * `seq` counts up from 1 for each client id and shell: one that was taken before is not typed again. A client that comes
   * back may thus send again, in order, whatever is above `took`. Without a client id that holds for one connection.
   */
  z.strictObject({ type: z.literal('input'), data: z.string().max(32_768), seq: z.int().positive() }),
  z.strictObject({ type: z.literal('resize'), cols: z.int().min(2).max(1000), rows: z.int().min(1).max(500) }),
  /** Everything before this byte offset has been parsed by the terminal. */
  z.strictObject({ type: z.literal('ack'), offset: z.int().nonnegative() }),
  /** Types `data` once per `id`, however often it is sent. */
  z.strictObject({ type: z.literal('run'), id: z.string().regex(/^[\w-]{8,64}$/), data: z.string().max(32_768) }),
  z.strictObject({ type: z.literal('signal'), signal: z.enum(['INT', 'QUIT', 'TSTP', 'TERM', 'KILL']) }),
  /** Hangs the shell up, as closing a terminal's window does. */
  z.strictObject({ type: z.literal('end') }),
]);
export type Up = z.infer<typeof Up>;

/** What may follow `/ws/sessions/ID/shells/`. */
export const shellNumber = /^[1-4]$/;
/** Names a supervisor in `opened` and in the `boot` of an attach. */
export const bootName = /^[0-9a-f]{16}$/;
/** Names a page's end of a shell in the `client` of an attach. Two windows never share one: a duplicated tab takes a new one. */
export const clientName = /^[0-9a-f]{16}$/;
/** Largest WebSocket message accepted from a browser, in bytes. */
export const maxUpBytes = 65_536;
/** The supervisor keeps this much output of each shell, in bytes. */
export const ringBytes = 4 * 1024 * 1024;
/** Unacknowledged output above which the program is paused, in bytes. */
export const highWater = 512 * 1024;
