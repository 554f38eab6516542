import { type Readable, Transform } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import type { ClusterProvider, LabRef } from '#cluster/port.ts';
import type { Archive, EntryHeader } from './archive.ts';

/** Bytes of a file, and of all of them. */
const [largestFile, mostBytes] = [16 * 1024 ** 2, 64 * 1024 ** 2];
const mostFiles = 10_000;

/** Left out: caches, and the lab's own credentials, which are worth nothing without it. */
const leftOut = ['./.kube/cache', './.kube/config', './.cache'].map((path) => `-path ${path}`).join(' -o ');
const all = `find . -xdev -mindepth 1 \\( ${leftOut} \\) -prune -o`;
/** Tells what is left out for its size from what `find` and `tar` complain of. */
const large = 'large ';
const script = [
  'cd /home/learner || exit 1',
  `${all} -type f -size +${largestFile}c -printf '${large}%P\\n' >&2`,
  `${all} \\( -type f -size -${largestFile + 1}c -o -type d -o -type l \\) -print0 |`,
  '  tar --create --null --no-recursion --files-from=- --hard-dereference --format=gnu --warning=none --ignore-failed-read --file=-',
].join('\n');

/** Copies the learner's files into the archive, below `home/`. Answers what is missing, a sentence each. */
export async function packHome(
  provider: Pick<ClusterProvider, 'attach'>,
  ref: LabRef,
  archive: Archive,
  signal: AbortSignal,
): Promise<string[]> {
  const missing: string[] = [];
  const leave = new AbortController();
  const { stream, ended } = await provider.attach(ref, ['sh', '-c', script], AbortSignal.any([signal, leave.signal]));
  ended.catch(() => undefined); // Its stream says so too.
  stream.end();
  try {
    let [files, bytes] = [0, 0];
    for await (const entry of entriesOf(stream)) {
      const safe = safeEntry(entry.header);
      files += 1;
      bytes += entry.header.size ?? 0;
      if (files > mostFiles || bytes > mostBytes) {
        missing.push(`The home folder is larger than ${mostBytes / 1024 ** 2} MiB or ${mostFiles} files; what came after that is missing.`);
        return missing;
      }
      if (safe === null)
        missing.push(`home: ${shown(entry.header.name)} is left out: it points outside, or is neither a file nor a folder.`);
      if (safe === null) entry.resume();
      else if (!(await archive.entry(safe, entry))) missing.push(`home: ${shown(entry.header.name)} changed while it was read.`);
    }
    const { stderr } = await ended;
    for (const line of stderr.split('\n').filter(Boolean).slice(0, 50)) {
      const isLarge = line.startsWith(large);
      if (isLarge) missing.push(`home: ${shown(line.slice(large.length))} is left out: it is larger than ${largestFile / 1024 ** 2} MiB.`);
      else missing.push(`Not all of the home folder could be read: ${shown(line)}`);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    missing.push(`The home folder could not be read to its end: ${shown(error instanceof Error ? error.message : String(error))}`);
  } finally {
    leave.abort();
    stream.destroy();
  }
  return missing;
}

/** The entries of a tar from the lab, which may be no tar, break off, or have no end. */
function entriesOf(stream: Readable): Extract {
  const tar = extract();
  const bounded = limited(mostBytes + mostFiles * 2_048);
  for (const each of [stream, bounded]) each.on('error', (error) => tar.destroy(error));
  stream.on('close', () => bounded.end());
  stream.pipe(bounded).pipe(tar);
  return tar;
}

/** The header of an entry as it may go into the archive; null for anything that points outside or is no file, folder or link. */
export function safeEntry(header: Partial<Header> & { name: string }): EntryHeader | null {
  const name = insidePath(header.name);
  if (name === null) return null;
  const base = { name: `home/${name}`, mtime: header.mtime ?? new Date(0), size: 0 };
  if (header.type === 'directory') return { ...base, type: 'directory', mode: 0o755 };
  if (header.type === 'file') return { ...base, type: 'file', size: header.size ?? 0, mode: (header.mode ?? 0) & 0o100 ? 0o755 : 0o644 };
  if (header.type !== 'symlink') return null;
  const target = header.linkname ?? '';
  const isInside = !target.startsWith('/') && insidePath(`${name}/../${target}`, true) !== null;
  return isInside ? { ...base, type: 'symlink', linkname: target, mode: 0o777 } : null;
}

/** A path with its dots resolved; null when it leaves the folder it is in, or has characters that no file manager should meet. */
function insidePath(path: string, orTheFolder = false): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (path.startsWith('/') || path.length > 1_000 || /[\x00-\x1f\x7f\\]/.test(path)) return null;
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') {
      if (steps.pop() === undefined) return null;
    } else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.length === 0 && !orTheFolder ? null : steps.join('/');
}

/** Names are the learner's: shown without what a terminal would act on. */
const shown = (text: string) => JSON.stringify(text.replace(/^\.\//, '').slice(0, 200));

/** Fails when more comes than could be. */
function limited(most: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > most) done(new Error('it has no end'));
      else done(null, chunk);
    },
  });
}
