import { createHash } from 'node:crypto';
import { command, type Terminal } from './terminal.ts';

export const bulkBytes = 50 * 1024 ** 2;
const path = '/tmp/bulk';
const patience = 180_000;

/** Makes the file that is to be shown, of lines that no compression helps with; answers its SHA-256. */
export async function makeBulk(terminal: Terminal): Promise<string> {
  await command(terminal, `base64 -w 76 /dev/urandom | head -c ${bulkBytes} > ${path}`);
  const told = await command(terminal, `sha256sum ${path}`);
  const [sum] = /\b[0-9a-f]{64}\b/.exec(told) ?? [];
  if (sum === undefined) throw new Error(`no sum was told: ${told}`);
  return sum;
}

/** Shows the file and reads it to its end; milliseconds, and the SHA-256 of what came. */
export async function showBulk(terminal: Terminal): Promise<{ milliseconds: number; sum: string }> {
  const begin = Buffer.from('BEGIN\n');
  const hash = createHash('sha256');
  await command(terminal, 'stty -opost');
  return await new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let left = -1;
    let began = 0;
    const late = setTimeout(() => {
      leave();
      reject(new Error(`${left} bytes did not come within ${patience / 1000} s`));
    }, patience);
    const leave = terminal.listen((bytes) => {
      let rest = bytes;
      if (left < 0) {
        head = Buffer.concat([head, bytes]);
        const at = head.indexOf(begin);
        if (at < 0) return;
        rest = head.subarray(at + begin.length);
        left = bulkBytes;
      }
      const part = rest.subarray(0, left);
      hash.update(part);
      left -= part.length;
      if (left > 0) return;
      const milliseconds = performance.now() - began;
      clearTimeout(late);
      leave();
      resolve({ milliseconds, sum: hash.digest('hex') });
    });
    began = performance.now();
    terminal.type(`printf 'BEG%s\\n' IN; cat ${path}; stty opost\r`);
  });
}
