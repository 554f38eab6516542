import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '#cli/run-program.ts';

export interface InstallOptions {
  root: string;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** The folder of a peer of `bench/peers/` with its locked packages installed, beside nothing of the product's own. */
export async function installed(name: string, { root, signal, say }: InstallOptions): Promise<string> {
  const source = join(root, 'bench', 'peers', name);
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(await readFile(join(source, file)));
  const folder = join(root, '.slipway', 'bench', `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  say(`installing ${name}`);
  const making = `${folder}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await cp(source, making, { recursive: true });
  await mustRun(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: making, signal });
  await rename(making, folder);
  return folder;
}

/** Builds the stock Starlight site of a lesson's Markdown; answers the folder to serve. Its page is `/lesson/`. */
export async function starlightSite(lesson: string, options: InstallOptions): Promise<string> {
  const folder = await installed('starlight', options);
  await mkdir(join(folder, 'src/content/docs'), { recursive: true });
  await writeFile(join(folder, 'src/content/docs/lesson.mdx'), asStarlight(await readFile(lesson, 'utf8')));
  await mustRun([process.execPath, join(folder, 'node_modules/astro/bin/astro.mjs'), 'build'], {
    cwd: folder,
    signal: options.signal,
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
  });
  return join(folder, 'dist');
}

/** A lesson without what only we have: its title and summary, and its prose without our components' tags. */
export function asStarlight(mdx: string): string {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(mdx) ?? [];
  const field = (name: string) => JSON.stringify(new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1] ?? name);
  const prose = body.replace(/^import .*\n/gm, '').replace(/<\/?[A-Z][A-Za-z]*(\s[^<>]*)?>/g, '');
  return `---\ntitle: ${field('title')}\ndescription: ${field('summary')}\n---\n${prose}`;
}
