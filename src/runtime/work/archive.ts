import { once } from 'node:events';
import { Readable } from 'node:stream';
import { type Header, pack } from 'tar-stream';

/** What is told of an entry. */
export type EntryHeader = Partial<Header> & { name: string; size: number };

/** A tar that is written as it is read: nothing waits in memory but what the reader has not taken yet. */
export interface Archive {
  stream: Readable;
  file(name: string, content: string | Buffer): Promise<void>;
  /** A file, folder or link. Content that ends early or late is filled up with zeros, or cut, and answers false. */
  entry(header: EntryHeader, content: AsyncIterable<unknown>): Promise<boolean>;
  /** After the last entry. */
  end(): void;
}

const piece = 64 * 1024;

/** Names begin with `root`. The signal ends every wait. */
export function archive(root: string, signal: AbortSignal): Archive {
  const out = pack();
  return {
    stream: Readable.from(out, { objectMode: false }),
    file: (name, content) =>
      settled(signal, (done) => {
        out.entry({ name: `${root}/${name}`, mode: 0o644, mtime: new Date() }, Buffer.from(content), done);
      }),
    async entry(header, content) {
      let isWhole = true;
      await settled(signal, (done) => {
        const sink = out.entry({ ...header, name: `${root}/${header.name}` }, done);
        if (header.type !== 'file') return;
        const give = async (bytes: Buffer) => {
          if (!sink.write(bytes)) await once(sink, 'drain', { signal });
        };
        const copy = async () => {
          let left = header.size;
          try {
            for await (const chunk of content as AsyncIterable<Buffer>) {
              const bytes = chunk.subarray(0, left);
              left -= bytes.length;
              if (bytes.length > 0) await give(bytes);
            }
          } catch (error) {
            signal.throwIfAborted();
            isWhole = error === null;
          }
          isWhole &&= left === 0;
          for (; left > 0; left -= piece) await give(Buffer.alloc(Math.min(left, piece)));
          sink.end(null);
        };
        copy().catch(done);
      });
      return isWhole;
    },
    end: () => out.finalize(),
  };
}

function settled(signal: AbortSignal, start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    start((error) => {
      signal.removeEventListener('abort', stop);
      if (error) reject(error);
      else resolve();
    });
  });
}
