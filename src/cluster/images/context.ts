import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { HostSettings } from './host.ts';
import type { ContextFile } from './inputs.ts';

const madeAt = new Date('2026-01-01T00:00:00Z');

/**
 * The build context as a tar stream. Two things are added to the folder's files: the host's certificate
 * authorities as `.host/ca.crt` (perhaps empty; only for a Dockerfile that names it, in a stage that is thrown away) and, after each FROM, the
 * label by which the remains of an interrupted build are found.
 */
export function contextTar(name: string, files: readonly ContextFile[], host: HostSettings): Readable {
  const tar = pack();
  const add = (path: string, mode: number, content: Buffer) => tar.entry({ name: path, mode, mtime: madeAt, uid: 0, gid: 0 }, content);
  for (const file of files) {
    const content = file.path === 'Dockerfile' ? Buffer.from(labelStages(file.content.toString('utf8'), name)) : file.content;
    add(file.path, file.executable ? 0o755 : 0o644, content);
  }
  const asked = files.some((file) => file.path === 'Dockerfile' && file.content.includes('.host/ca.crt'));
  if (asked) add('.host/ca.crt', 0o644, Buffer.from(host.authorities));
  tar.finalize();
  return Readable.from(tar);
}

/** Labels every stage of a Dockerfile with the image it is a stage of. */
export function labelStages(dockerfile: string, name: string): string {
  return dockerfile.replace(/^FROM .*$/gim, (from) => `${from}\nLABEL ${label.build}="${name}"`);
}

/** The build arguments that a Dockerfile declares. */
export function declaredArgs(dockerfile: string): ReadonlySet<string> {
  return new Set([...dockerfile.matchAll(/^ARG\s+(\w+)/gim)].map((match) => match[1] ?? ''));
}

/** Labels on images: `build` on every layer on the way, the others on what was finished. */
export const label = { build: 'slipway.build', image: 'slipway.image', hash: 'slipway.hash' } as const;
