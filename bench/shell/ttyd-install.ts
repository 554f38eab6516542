import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceOf } from '#cli/engine/apt-sources.ts';
import { aptSources, debianLike } from '#cli/engine/install.ts';
import { CommandFailure } from '#cli/failure.ts';
import { mustRun } from '#cli/run-program.ts';

/** Where ttyd lies: its libraries are beside nothing of this machine's, and only its own loader finds them. */
export interface InstalledTtyd {
  /** What to run before ttyd's own arguments. */
  argv: readonly [string, ...string[]];
  /** It looks for its event loop in the folder it is run from. */
  cwd: string;
}

/** Fetches ttyd and all it stands on from Debian's unstable release into a folder, once; nothing of this machine is changed. */
export async function installTtyd(folder: string, signal: AbortSignal, say: (line: string) => void): Promise<InstalledTtyd> {
  const root = join(folder, 'root');
  if (!existsSync(root)) await fetchInto(folder, root, signal, say);
  const libraries = join(root, 'usr', 'lib');
  for (const name of await readdir(libraries)) {
    const cwd = join(libraries, name);
    const files = existsSync(join(cwd, 'libc.so.6')) ? await readdir(cwd) : [];
    const loader = files.find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
    if (loader) return { argv: [join(cwd, loader), '--library-path', cwd, join(root, 'usr/bin/ttyd')], cwd };
  }
  throw new CommandFailure(`ttyd's libraries are not in ${libraries}`, { advice: `Remove ${folder} and try again.` });
}

async function fetchInto(folder: string, root: string, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const own = debianLike();
  const source = own && sourceOf(own.codename, aptSources());
  if (own?.id !== 'debian' || !source) {
    throw new CommandFailure('the peer, ttyd, is fetched from Debian’s packages, and apt has none here', {
      advice: 'Run this measurement on Debian.',
    });
  }
  say('fetching ttyd from Debian sid into a folder of its own');
  await rm(folder, { recursive: true, force: true });
  for (const part of ['lists/partial', 'archives/partial', 'cache', 'unpacked']) await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const signed = source.signedBy ? [`Signed-By: ${source.signedBy}`] : [];
  const lines = ['Types: deb', `URIs: ${source.uris.join(' ')}`, 'Suites: sid', 'Components: main', ...signed, ''];
  await writeFile(join(folder, 'sid.sources'), lines.join('\n'));
  const places = {
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Etc::sourcelist': join(folder, 'sid.sources'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  const apt = ['apt-get', ...Object.entries(places).flatMap(([name, value]) => ['-o', `${name}=${value}`])] as [string, ...string[]];
  await mustRun([...apt, '-q', 'update'], { signal });
  await mustRun([...apt, '-y', '-q', '--no-install-recommends', '--download-only', 'install', 'ttyd'], { signal });
  for (const name of await readdir(join(folder, 'archives'))) {
    if (name.endsWith('.deb')) await mustRun(['dpkg-deb', '-x', join(folder, 'archives', name), join(folder, 'unpacked')], { signal });
  }
  await rename(join(folder, 'unpacked'), root);
}
