import { z } from 'zod';
import type { JournalEntry } from '#grading/evidence.ts';
import type { Gap } from '#grading/grader.ts';

export type Draft = Pick<JournalEntry, 'at' | 'kind' | 'value'>;

/** What a witness has written, as far as it bounds what it may write next. */
export interface History {
  entries: number;
  /** Of the JSON of all values. */
  bytes: number;
  /** Entries that may be written at once, as of `at` (milliseconds). */
  tokens: number;
  at: number;
  /** Since when something is held back, why, and what is newest of it. */
  held: { from: string; reason: NonNullable<Gap['reason']>; newest: Draft | null } | null;
}

/** A witness may write `burst` entries at once and one a second after that; once it has written much, the more it has, the fewer. */
const burst = 120;
const plenty = { entries: 500, bytes: 1024 * 1024 };
/** Largest value that is kept, in bytes. */
export const largestValue = 64 * 1024;

/** The history of a witness whose journal is on record. */
export function historyOf(entries: readonly Draft[]): History {
  const bytes = entries.reduce((sum, { value }) => sum + size(value), 0);
  return { entries: entries.length, bytes, tokens: burst, at: 0, held: null };
}

/**
 * What a witness that has seen something may write of it now: all of it, with a gap before it when anything was held back since,
 * or nothing, and it is held back until `release`. What came first and what is newest is always kept; each witness writes about
 * 1000 entries and 2 MiB in a week at most, whatever its learner does.
 */
export function admit(history: History, entry: Draft): { history: History; write: readonly Draft[] } {
  if (size(entry.value) > largestValue) {
    const held = history.held ?? { from: entry.at, reason: 'too-large' as const, newest: null };
    return { history: { ...history, held: { ...held, reason: 'too-large', newest: null } }, write: [] };
  }
  const { from = fromOf(entry), reason = 'too-many' } = history.held ?? {};
  return release({ ...history, held: { from, reason, newest: entry } }, entry.at, history.held === null);
}

const fromOf = ({ at, kind, value }: Draft) => (kind === 'gap' ? (z.object({ from: z.string() }).safeParse(value).data?.from ?? at) : at);

/** What was held back and may be written by now: its newest, after a gap. Ask at each look. */
export function release(history: History, at: string, isNew = false): { history: History; write: readonly Draft[] } {
  const { held } = history;
  const refilled = refill(history, Date.parse(at));
  if (held === null || held.newest === null || refilled.tokens < 1) return { history: refilled, write: [] };
  const gap: Draft = { at, kind: 'gap', value: { from: held.from, reason: held.reason } };
  const write = isNew ? [held.newest] : held.newest.kind === 'gap' ? [gap] : [gap, { ...held.newest, at }];
  const spent = {
    ...refilled,
    tokens: refilled.tokens - 1,
    entries: refilled.entries + write.length,
    bytes: refilled.bytes + write.reduce((sum, { value }) => sum + size(value), 0),
    held: null,
  };
  return { history: spent, write };
}

/** Tokens come one a second, and half as fast with each eighth by which the history exceeds plenty. */
function refill(history: History, now: number): History {
  const excess = Math.max(0, Math.max(history.entries / plenty.entries, history.bytes / plenty.bytes) - 1);
  const milliseconds = 1000 * 2 ** (excess * 16);
  const room = excess > 0 ? 1 : burst;
  const gained = Math.max(0, now - history.at) / milliseconds;
  return { ...history, tokens: Math.min(room, history.tokens + gained), at: Math.max(now, history.at) };
}

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
