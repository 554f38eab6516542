import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { ClusterProvider, LabRef } from '#cluster/port.ts';
import type { Archive } from './archive.ts';
import { plainText } from './plain-text.ts';

const Shells = z.array(z.object({ id: z.string().regex(/^[a-z0-9-]{1,32}$/) })).max(8);
const mostBytes = 6 * 1024 ** 2;
/** Of the text of one: cursor movements of a few bytes make long lines. */
const mostText = 16 * 1024 ** 2;
const piece = 8 * 1024;

/** What each shell printed, as its toolbox still has it: as text, and as it came. Answers what is missing, a sentence each. */
export async function packTranscripts(
  provider: Pick<ClusterProvider, 'attach'>,
  ref: LabRef,
  archive: Archive,
  signal: AbortSignal,
): Promise<string[]> {
  const listed = Shells.safeParse(json(await output(provider, ref, ['slipway-shell', 'list'], signal)));
  if (!listed.success) return ['The transcripts are missing: the toolbox did not tell which shells there are.'];
  const missing: string[] = [];
  for (const { id } of listed.data) {
    const raw = await output(provider, ref, ['slipway-shell', 'dump', id], signal);
    if (raw === null) {
      missing.push(`The transcript of shell ${id} is missing: the toolbox did not hand it out.`);
      continue;
    }
    const { text, isCut } = await textOf(raw);
    if (isCut) missing.push(`The text of shell ${id} is cut after ${mostText / 1024 ** 2} MiB; all of it is in transcript-${id}.raw.`);
    await archive.file(`transcript-${id}.txt`, text);
    await archive.file(`transcript-${id}.raw`, raw);
  }
  return missing;
}

/** Other work gets its turn between pieces: a transcript may be megabytes. */
async function textOf(raw: Buffer): Promise<{ text: string; isCut: boolean }> {
  const plain = plainText();
  const decode = new TextDecoder();
  let text = '';
  for (let at = 0; at < raw.length; at += piece) {
    if (text.length > mostText) return { text, isCut: true };
    text += plain.push(decode.decode(raw.subarray(at, at + piece), { stream: true }));
    await turn();
  }
  return { text: text + plain.end(), isCut: false };
}

/** What a command prints; null when it fails or prints too much. */
async function output(
  provider: Pick<ClusterProvider, 'attach'>,
  ref: LabRef,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Buffer | null> {
  const leave = new AbortController();
  const { stream, ended } = await provider.attach(ref, argv, AbortSignal.any([signal, leave.signal]));
  ended.catch(() => undefined); // Its stream says so too.
  stream.end();
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) return null;
      chunks.push(chunk);
    }
    return (await ended).code === 0 ? Buffer.concat(chunks) : null;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  } finally {
    leave.abort();
    stream.destroy();
  }
}

function json(text: Buffer | null): unknown {
  try {
    return JSON.parse(text?.toString() ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
