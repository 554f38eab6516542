import { Duplex, PassThrough, Readable } from 'node:stream';
import { extract, type Header, pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { type Archive, archive } from '#runtime/work/archive.ts';
import { packHome } from '#runtime/work/home.ts';

const ref = { instance: 'test', lab: 'l', epoch: 1 };
const signal = () => AbortSignal.timeout(20_000);

/** What `tar` in a toolbox answers, or what pretends to be it. */
function toolbox(answer: Readable, stderr = '') {
  const asked: AbortSignal[] = [];
  return {
    asked,
    async attach(_ref: unknown, _argv: readonly string[], signal: AbortSignal) {
      asked.push(signal);
      signal.addEventListener('abort', () => answer.destroy());
      const stream = Duplex.from({ readable: answer, writable: new PassThrough().resume() });
      stream.on('error', () => undefined);
      return { stream, ended: Promise.resolve({ code: 0, stderr }) };
    },
  };
}

async function packed(fill: (tar: Archive) => Promise<string[]>) {
  const tar = archive('work', signal());
  const found: Record<string, { type: string; linkname: string; mode: number; text: string }> = {};
  const reading = (async () => {
    for await (const entry of tar.stream.pipe(extract())) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      const { name, type, linkname, mode } = entry.header as Required<Header>;
      found[name] = { type, linkname, mode, text: Buffer.concat(chunks).toString() };
    }
  })();
  const missing = await fill(tar);
  tar.end();
  await reading;
  return { found, missing };
}

const home = (entries: readonly (Partial<Header> & { name: string; text?: string })[]) => {
  const tar = pack();
  for (const { text = '', ...header } of entries) tar.entry(header, text);
  tar.finalize();
  return Readable.from(tar, { objectMode: false });
};

test('files, folders and links come along; what is hostile is left out by name', async () => {
  const answer = home([
    { name: './notes/', type: 'directory' },
    { name: './notes/day one.txt', text: 'Ariel berthed.', mode: 0o4755 },
    { name: './latest', type: 'symlink', linkname: 'notes/day one.txt' },
    { name: './notes/up', type: 'symlink', linkname: '../latest' },
    { name: '../../etc/passwd', text: 'x' },
    { name: '/etc/shadow', text: 'x' },
    { name: './a\x1b[2Jb', text: 'x' },
    { name: './out', type: 'symlink', linkname: '../../etc/passwd' },
    { name: './root', type: 'symlink', linkname: '/etc' },
    { name: './hard', type: 'link', linkname: '/etc/passwd' },
    { name: './pipe', type: 'fifo' },
  ]);
  const { found, missing } = await packed((tar) =>
    packHome(toolbox(answer, 'large big.iso\nfind: ‘./locked’: Permission denied\n'), ref, tar, signal()),
  );
  expect(Object.keys(found).sort()).toEqual(['work/home/latest', 'work/home/notes', 'work/home/notes/day one.txt', 'work/home/notes/up']);
  expect(found['work/home/notes/day one.txt']).toMatchObject({ text: 'Ariel berthed.', mode: 0o755 });
  expect(missing.filter((sentence) => sentence.includes('points outside'))).toHaveLength(7);
  expect(missing).toContain('home: "big.iso" is left out: it is larger than 16 MiB.');
  expect(missing).toContain('Not all of the home folder could be read: "find: ‘./locked’: Permission denied"');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would act on.
  expect(missing.join()).not.toMatch(/[\x00-\x1f]/);
});

test('a home folder without end is cut, and the archive says so and is whole', async () => {
  const tar = pack();
  const answer = Readable.from(tar, { objectMode: false });
  let count = 0;
  const more = () => {
    if (!tar.destroyed) tar.entry({ name: `./file-${count++}` }, Buffer.alloc(1024 * 1024), () => setImmediate(more));
  };
  more();
  const provider = toolbox(answer);
  const { found, missing } = await packed((out) => packHome(provider, ref, out, signal()));
  expect(Object.keys(found)).toHaveLength(64);
  expect(missing).toEqual([expect.stringContaining('larger than 64 MiB')]);
  expect(provider.asked[0]?.aborted).toBe(true);
});

test('a stream that is no tar, or breaks off in a file, is told and leaves a whole archive', async () => {
  const broken = async function* () {
    const tar = pack();
    tar.entry({ name: './half', size: 4000 }).write(Buffer.alloc(1000, 'x'));
    const chunks = tar[Symbol.asyncIterator]();
    for (const _ of ['header', 'beginning']) yield (await chunks.next()).value;
    throw new Error('the engine was lost');
  };
  const { found, missing } = await packed((out) => packHome(toolbox(Readable.from(broken(), { objectMode: false })), ref, out, signal()));
  expect(found['work/home/half']?.text).toHaveLength(4000);
  expect(missing.join()).toMatch(/half" changed while it was read/);
  const nonsense = await packed((out) => packHome(toolbox(Readable.from([Buffer.alloc(5_000, 'no tar')])), ref, out, signal()));
  expect(nonsense.found).toEqual({});
  expect(nonsense.missing).toEqual([expect.stringContaining('could not be read to its end')]);
});
