import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDefinition } from './catalogue.ts';

/** One file of a build context. Only whether it is executable is kept of its mode, so that a umask changes nothing. */
export interface ContextFile {
  path: string;
  executable: boolean;
  content: Buffer;
}

const notInputs = new Set(['image.json', 'README.md']);

/** The files of an image's folder in the order of their paths; what does not reach the build is left out. */
export async function contextFiles(folder: string): Promise<readonly ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.map(async (path) => {
      const [content, { mode }] = await Promise.all([readFile(path), stat(path)]);
      return { path: path.slice(folder.length + 1).replaceAll('\\', '/'), executable: (mode & 0o100) !== 0, content };
    }),
  );
  return files
    .filter(({ path }) => !notInputs.has(path) && !path.split('/').includes('__pycache__'))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The hash of everything that decides what an image becomes: its files, its build arguments, the
 * images it stands on (by identity) and the machine type. Proxies and certificates are no part of it.
 */
export function inputHash(
  image: Pick<ImageDefinition, 'name' | 'args'>,
  files: readonly ContextFile[],
  from: Readonly<Record<string, string>>,
  architecture: string,
): string {
  const hash = createHash('sha256');
  const add = (...parts: (string | Buffer)[]) => {
    for (const part of parts) hash.update(`${part.length}:`).update(part);
  };
  add('slipway image 1', image.name, architecture, JSON.stringify(sorted(image.args)), JSON.stringify(sorted(from)));
  for (const file of files) add(file.path, file.executable ? 'x' : '-', file.content);
  return hash.digest('hex');
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
