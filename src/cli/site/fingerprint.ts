import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asTheUserWould } from '../umask.ts';

const mark = '.slipway-hash';
/** What a build is made of, below the checkout; a course elsewhere adds its own two folders. */
const inputs = ['src', 'public', 'astro.config.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'];
const courseInputs = ['content', 'labs'];
/** What a proof writes back into a lab changes no page. */
const ignored = new Set(['fixtures', 'proof.json', 'node_modules']);

/** A hash of everything the built site depends on: same hash, same site. */
export function siteHash(root: string, course: string): string {
  const hash = createHash('sha256');
  for (const [base, names] of [
    [root, inputs],
    [course, courseInputs],
  ] as const) {
    for (const name of names) add(hash, base, name);
  }
  return hash.digest('hex');
}

/** Whether `dist` holds the site with this hash, wholly built. */
export function isFresh(dist: string, hash: string): boolean {
  const path = join(dist, mark);
  return existsSync(path) && readFileSync(path, 'utf8') === hash && existsSync(join(dist, 'server/entry.mjs'));
}

/** Marks `dist` as whole; a build takes the mark away first, so that one cut short is never taken for whole. */
export function markFresh(dist: string, hash: string): void {
  asTheUserWould(() => writeFileSync(join(dist, mark), hash));
}

export function markStale(dist: string): void {
  rmSync(join(dist, mark), { force: true });
}

function add(hash: ReturnType<typeof createHash>, base: string, name: string): void {
  const path = join(base, name);
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const child of readdirSync(path).sort()) {
      if (!ignored.has(child)) add(hash, base, `${name}/${child}`);
    }
    return;
  }
  const bytes = readFileSync(path);
  hash.update(`${name}\0${bytes.length}\0`).update(bytes);
}
