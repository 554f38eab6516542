import type { RawData } from 'ws';
import type { z } from 'zod';
import { Down, Up } from '#lab/wire.ts';

export type Parsed<T> = { ok: true; message: T } | { ok: false; reason: string };

/** A browser's message, or the reason it is refused: one line that names the field. */
export function parseUp(data: RawData, isBinary: boolean): Parsed<Up> {
  return isBinary ? { ok: false, reason: 'send JSON text, not binary' } : parse(Up, data.toString());
}

/** A supervisor's message. The toolbox is the learner's, so this is hostile text too. */
export function parseDown(text: string): Parsed<Down> {
  return parse(Down, text);
}

function parse<T>(schema: z.ZodType<T>, text: string): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, message: result.data };
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'message');
  return { ok: false, reason: `${field}: ${issue?.message ?? 'not understood'}` };
}
