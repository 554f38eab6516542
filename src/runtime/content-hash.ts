import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A short hash of files of a folder, by name and content, in the order given. */
export function contentHash(folder: string, names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const text = readFileSync(join(folder, name));
    hash.update(`${name} ${text.length}\n`).update(text);
  }
  return hash.digest('hex').slice(0, 12);
}
