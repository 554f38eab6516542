import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import type Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { label } from './context.ts';
import { messageOf } from './failure.ts';
import { engineMessages, tail } from './progress.ts';

export const suite = 'trixie';

const without = ['doc', 'man', 'info', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);

/**
 * Makes Debian's minimal system from packages with mmdebstrap, from the mirror this host itself uses, and
 * imports it without a name. Only on Debian and Ubuntu, as root.
 */
export async function importDebian(docker: Dockerode, tell: (detail: string) => void, signal: AbortSignal): Promise<string> {
  await needMmdebstrap(tell, signal);
  const mirror = aptMirror(await aptSources());
  tell(`packages of ${suite} from ${mirror.uri}`);
  const lines = [suite, `${suite}-updates`].map((name) => `deb ${mirror.uri} ${name} main`);
  if (mirror.security) lines.push(`deb ${mirror.security} ${suite}-security main`);
  const child = spawn('mmdebstrap', ['--variant=minbase', '--mode=root', ...without, suite, '-', ...lines], {
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = exit(child);
  const said = collect(child.stderr, tell);
  const imported = readId(await docker.importImage(child.stdout, { changes: [`LABEL ${label.build}=base`], abortSignal: signal }));
  // Its failure is told by mmdebstrap's, which is awaited first.
  imported.catch(() => undefined);
  const code = await exited;
  if (code !== 0) {
    throw new ClusterError('step-failed', 'A Debian base system could not be made from packages.', {
      step: 'images/base',
      command: `mmdebstrap --variant=minbase ${suite} - ${lines.map((line) => `'${line}'`).join(' ')}`,
      output: tail(said),
      advice: 'Check that the mirror in /etc/apt answers and has room for this suite; a full /tmp fails here too.',
    });
  }
  return await imported;
}

async function readId(stream: NodeJS.ReadableStream): Promise<string> {
  let id = '';
  for await (const message of engineMessages(stream)) {
    if (message.error) throw new Error(message.error);
    if (message.status?.startsWith('sha256:')) id = message.status;
  }
  if (!id) throw new Error('the engine imported nothing');
  return id;
}

async function needMmdebstrap(tell: (detail: string) => void, signal: AbortSignal): Promise<void> {
  if ((await run('mmdebstrap', ['--version'], signal)) === 0) return;
  if (process.platform !== 'linux' || userInfo().uid !== 0 || (await run('apt-get', ['--version'], signal)) !== 0) {
    throw new ClusterError(
      'no-image',
      `There is no base image: debian:${suite}-slim cannot be pulled, and it cannot be made from packages here.`,
      {
        step: 'images/base',
        advice: `Let the engine reach a registry (\`docker pull debian:${suite}-slim\`), name a folder with a bundle in SLIPWAY_BUNDLE, or run this as root on Debian or Ubuntu.`,
      },
    );
  }
  tell('installing mmdebstrap');
  const install = ['install', '-y', '--no-install-recommends', 'mmdebstrap', 'debian-archive-keyring'];
  if ((await run('apt-get', install, signal)) === 0) return;
  await run('apt-get', ['update'], signal);
  if ((await run('apt-get', install, signal)) === 0) return;
  throw new ClusterError('step-failed', 'mmdebstrap, which makes the base image, could not be installed.', {
    step: 'images/base',
    command: `apt-get ${install.join(' ')}`,
    advice: 'Run that command by hand and mend what it says.',
  });
}

/** A mirror and, where the host has one, the mirror of Debian's security updates. */
export interface AptMirror {
  uri: string;
  security: string | null;
}

/** The Debian mirror among apt's sources (both formats), or Debian's own when the host is not a Debian. */
export function aptMirror(sources: readonly string[]): AptMirror {
  const uris = sources.flatMap((text) => [
    ...[...text.matchAll(/^URIs:\s*(.+)$/gim)].flatMap((match) => (match[1] ?? '').trim().split(/\s+/)),
    ...[...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gim)].map((match) => match[1] ?? ''),
  ]);
  return {
    uri: uris.find((uri) => /\/debian\/?$/.test(uri)) ?? 'http://deb.debian.org/debian',
    security: uris.find((uri) => /\/debian-security\/?$/.test(uri)) ?? null,
  };
}

async function aptSources(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const paths = ['/etc/apt/sources.list', ...names.filter((name) => /\.(sources|list)$/.test(name)).map((name) => `${folder}/${name}`)];
  // A host without one of these files simply has none of its sources.
  return await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
}

async function run(command: string, argv: readonly string[], signal: AbortSignal): Promise<number> {
  return await exit(spawn(command, argv, { stdio: 'ignore', signal, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }));
}

/** The exit code; 127 for a command that is not there. */
async function exit(child: ChildProcess): Promise<number> {
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 127;
    throw new Error(messageOf(error), { cause: error });
  }
}

function collect(stream: NodeJS.ReadableStream, tell: (detail: string) => void): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    tell(line.replace(/^[IWE]: /, ''));
  });
  return lines;
}
