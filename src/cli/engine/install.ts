import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../failure.ts';
import type { Progress } from '../progress.ts';
import { asTheUserWould } from '../umask.ts';
import { apt, finishPackages } from './apt.ts';
import { type AptSource, pinFor, readDeb822, readOneLine, sourceFor, sourceOf } from './apt-sources.ts';
import { daemonSettings, hasSystemd, startDaemon, stopDaemon, writeDaemonSettings } from './daemon.ts';
import type { Engine } from './find.ts';
import { tryPrivileged } from './trial.ts';

const newSource = '/etc/apt/sources.list.d/slipway-docker.sources';
const newPin = '/etc/apt/preferences.d/slipway-docker';

/** The release whose engine to take when a release's own cannot run privileged containers. */
const nextRelease: Readonly<Record<string, string>> = { bullseye: 'bookworm', bookworm: 'trixie', trixie: 'forky' };

export interface Distribution {
  id: string;
  codename: string;
  name: string;
}

/** This machine's distribution when it is Debian or Ubuntu; null elsewhere. */
export function debianLike(osRelease = '/etc/os-release'): Distribution | null {
  if (process.platform !== 'linux' || !existsSync(osRelease)) return null;
  const pairs = readFileSync(osRelease, 'utf8').matchAll(/^([A-Z_]+)="?([^"\n]*)"?$/gm);
  const fields = Object.fromEntries([...pairs].map(([, key, value]) => [key ?? '', value ?? '']));
  const id = fields['ID'] ?? '';
  if (id !== 'debian' && id !== 'ubuntu') return null;
  return { id, codename: fields['VERSION_CODENAME'] ?? '', name: fields['PRETTY_NAME'] ?? id };
}

const marker = (data: string) => join(data, 'installing-engine');

/** Whether an install of ours was cut short: the next one may then go on with whatever it left. */
export const installWasCutShort = (data: string) => existsSync(marker(data));

/**
 * Installs the distribution's own engine, starts it and tries a privileged container; where that fails on Debian, the next release's.
 * Says what it changed and how to undo it, also when it fails half-way.
 */
export async function installEngine(
  distribution: Distribution,
  options: { data: string; instance: string; progress: Progress; signal: AbortSignal },
): Promise<Engine> {
  const { progress, signal, data, instance } = options;
  const changes: string[] = [];
  const resuming = installWasCutShort(data);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(marker(data), '');
  try {
    if (resuming) await finishPackages(signal);
    if (writeDaemonSettings()) changes.push(`wrote ${daemonSettings} (address pools for more than 30 networks)`);
    const log = join(data, 'apt.log');
    await progress.phase('reading the package lists', (line) => apt(['update'], { line, signal, log }), { estimate: 10 });
    changes.push('installed the packages docker.io and iptables');
    await progress.phase(
      `installing ${distribution.name}'s Docker engine`,
      (line) => apt(['install', 'docker.io', 'iptables'], { line, signal, log }),
      {
        estimate: 20,
      },
    );
    const own = await startAndTry('starting it, and trying a privileged container', options);
    if (own.ok) return done(own.engine);

    const next = distribution.id === 'debian' ? nextRelease[distribution.codename] : undefined;
    if (!next) throw cannot(distribution, own.reason);
    progress.say(`  ${distribution.name}'s engine cannot run a lab here: ${own.reason}`);
    changes.push(...addRelease(distribution.codename, next));
    await progress.phase(`reading ${next}'s package list`, (line) => apt(['update'], { line, signal, log }), { estimate: 10 });
    await stopDaemon(signal);
    changes.push(`took docker.io and containerd from ${next}`);
    const packages = [`docker.io/${next}`, `containerd/${next}`, 'iptables'];
    await progress.phase(`installing ${next}'s Docker engine`, (line) => apt(['install', ...packages], { line, signal, log }), {
      estimate: 20,
    });
    const newer = await startAndTry('starting it, and trying a privileged container', options);
    if (!newer.ok) throw cannot(distribution, newer.reason);
    return done(newer.engine);
  } finally {
    if (changes.length > 0) sayChanges(changes, progress);
  }

  function done(engine: Engine): Engine {
    rmSync(marker(data), { force: true });
    return engine;
  }

  async function startAndTry(title: string, { progress: on }: { progress: Progress }) {
    return on.phase(title, async () => {
      const engine = await startDaemon(data, signal);
      const trial = await tryPrivileged(engine.docker, instance, signal);
      return trial.ok ? { ok: true as const, engine } : trial;
    });
  }
}

/** Adds a release to apt beside this machine's own, at the same place; answers what was changed. */
function addRelease(codename: string, next: string): string[] {
  const sources = aptSources();
  if (sourceOf(next, sources)) return [];
  const own = sourceOf(codename, sources);
  if (!own) {
    throw new CommandFailure(`apt has no source for ${codename} to take ${next} from as well`, {
      advice: 'Install Docker 23 or newer by hand: https://docs.docker.com/engine/install/debian/',
    });
  }
  asTheUserWould(() => {
    writeFileSync(newSource, sourceFor(next, own));
    writeFileSync(newPin, pinFor(next));
  });
  return [`wrote ${newSource} and ${newPin} (${next}, only for packages asked for by name)`];
}

/** The sources that apt has on this machine. */
export function aptSources(): AptSource[] {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])];
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      if (file.endsWith('.sources')) return readDeb822(readFileSync(file, 'utf8'));
      return file.endsWith('.list') ? readOneLine(readFileSync(file, 'utf8')) : [];
    });
}

function sayChanges(changes: readonly string[], progress: Progress): void {
  progress.say('  Changed on this machine:');
  for (const change of changes) progress.say(`    - ${change}`);
  const stop = hasSystemd() ? 'systemctl disable --now docker' : 'kill "$(cat /var/run/docker.pid)"';
  progress.say(`  To undo: ${stop}; apt-get purge docker.io containerd && apt-get autoremove;`);
  progress.say(`           rm -f ${newSource} ${newPin} ${daemonSettings}`);
}

const cannot = (distribution: Distribution, reason: string) =>
  new CommandFailure(`no Docker engine from ${distribution.name}'s packages can run a lab here: ${reason}`, {
    advice:
      'Labs need privileged containers. Try a newer engine (https://docs.docker.com/engine/install/), or serve the lessons alone: --no-engine',
  });
