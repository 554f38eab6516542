import { createWriteStream, existsSync, renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';

const Line = z.object({ level: z.number(), msg: z.string(), err: z.object({ message: z.string() }).optional() });
const warning = 40;

/** Keeps what the server says in a file (the run before in `FILE.1`), and tells a person at a terminal only what needs one. */
export function keepLog(output: Readable, file: string, say: (line: string) => void): void {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  const log = createWriteStream(file, { mode: 0o600 });
  const lines = createInterface({ input: output });
  lines.on('line', (text) => {
    log.write(`${text}\n`);
    const told = forPeople(text);
    if (told !== null) say(told);
  });
  lines.on('close', () => log.end());
}

/** A line of the log as a person should read it; null for one that is only for the file. */
export function forPeople(text: string): string | null {
  if (!text.startsWith('{')) return text;
  const parsed = Line.safeParse(readJson(text));
  if (!parsed.success) return text;
  const { level, msg, err } = parsed.data;
  if (level < warning) return null;
  return `${level > warning ? '✗' : '!'} ${msg}${err ? `: ${err.message}` : ''}`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a line of the log after all: told as it is.
    return null;
  }
}
