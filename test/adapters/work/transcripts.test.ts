import { Duplex, PassThrough, Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { archive } from '#runtime/work/archive.ts';
import { packTranscripts } from '#runtime/work/transcripts.ts';

const ref = { instance: 'test', lab: 'l', epoch: 1 };

/** A toolbox with one shell that has printed `output`. */
const toolbox = (output: Buffer) => ({
  async attach(_ref: unknown, argv: readonly string[]) {
    const answer = argv[1] === 'list' ? Buffer.from('[{"id":"1"}]') : output;
    const stream = Duplex.from({ readable: Readable.from([answer], { objectMode: false }), writable: new PassThrough().resume() });
    stream.on('error', () => undefined);
    return { stream, ended: Promise.resolve({ code: 0, stderr: '' }) };
  },
});

async function packed(output: Buffer) {
  const signal = AbortSignal.timeout(60_000);
  const tar = archive('work', signal);
  const sizes: Record<string, number> = {};
  const reading = (async () => {
    for await (const entry of tar.stream.pipe(extract())) {
      sizes[entry.header.name] = entry.header.size ?? 0;
      entry.resume();
    }
  })();
  const missing = await packTranscripts(toolbox(output), ref, tar, signal);
  tar.end();
  await reading;
  return { sizes, missing };
}

test('what a shell printed is there as text and as it came', async () => {
  const { sizes, missing } = await packed(Buffer.from('\x1b[1mhello\x1b[0m\r\n'));
  expect(sizes).toEqual({ 'work/transcript-1.txt': 6, 'work/transcript-1.raw': 15 });
  expect(missing).toEqual([]);
});

test('output that says little and paints much makes no text without end', async () => {
  const output = Buffer.from('\x1b[999Cx\n'.repeat(30_000));
  const { sizes, missing } = await packed(output);
  expect(sizes['work/transcript-1.txt']).toBeLessThan(20 * 1024 ** 2);
  expect(sizes['work/transcript-1.raw']).toBe(output.length);
  expect(missing).toEqual(['The text of shell 1 is cut after 16 MiB; all of it is in transcript-1.raw.']);
});
