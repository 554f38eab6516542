import { createInterface } from 'node:readline/promises';
import { CommandFailure } from '../failure.ts';
import type { Progress } from '../progress.ts';
import { engineInstalled, startDaemon } from './daemon.ts';
import { type Engine, findEngine } from './find.ts';
import { type Distribution, debianLike, installEngine, installWasCutShort } from './install.ts';
import { tryPrivileged } from './trial.ts';

export interface EngineOptions {
  env: Readonly<Record<string, string | undefined>>;
  data: string;
  instance: string;
  /** Go on without asking, also on a terminal. */
  yes: boolean;
  progress: Progress;
  signal: AbortSignal;
}

/** An engine that runs privileged containers: found, started, or installed where that may be done. Throws with what to do where it may not. */
export async function readyEngine(options: EngineOptions): Promise<Engine> {
  const { env, progress, signal } = options;
  const root = process.getuid?.() === 0;
  const distribution = debianLike();
  if (root && distribution && installWasCutShort(options.data)) {
    progress.say('An earlier install of the Docker engine was cut short; going on with it.');
    return installEngine(distribution, options);
  }
  const found = await findEngine(env, signal);
  if (found.ok) return checked(found.engine, options);
  if (env['DOCKER_HOST'] || found.tried.some((host) => host !== 'unix:///var/run/docker.sock')) {
    throw new CommandFailure(`the Docker engine does not answer: ${found.reason}`, {
      advice: 'Start it, or mend DOCKER_HOST. Lessons alone: --no-engine',
    });
  }
  if (engineInstalled() && root) {
    const engine = await progress.phase('starting the Docker engine that is installed here', () => startDaemon(options.data, signal));
    return checked(engine, options);
  }
  if (!distribution || !root) throw new CommandFailure(found.reason, { advice: howToInstall(distribution, found.tried.length > 0) });
  progress.say('Labs are Kubernetes clusters in containers, and no Docker engine was found.');
  await agree(`Install ${distribution.name}'s own (docker.io, about 300 MB) and start it?`, options);
  return installEngine(distribution, options);
}

async function checked(engine: Engine, { instance, signal }: EngineOptions): Promise<Engine> {
  const major = Number.parseInt(engine.info.ServerVersion, 10);
  if (major < 20) throw tooOld(engine.info.ServerVersion);
  const trial = await tryPrivileged(engine.docker, instance, signal);
  if (trial.ok) return engine;
  throw new CommandFailure(`Docker ${engine.info.ServerVersion} cannot run a privileged container: ${trial.reason}`, {
    advice: 'Labs need one for each node. An engine of version 23 or newer may do better; rootless ones cannot. Lessons alone: --no-engine',
  });
}

const tooOld = (version: string) =>
  new CommandFailure(`Docker ${version} is too old: labs need 20.10 or newer`, { advice: 'https://docs.docker.com/engine/install/' });

/** Asks on a terminal; without one, goes on. */
async function agree(question: string, { yes, signal }: EngineOptions): Promise<void> {
  if (yes || !process.stdin.isTTY || !process.stdout.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [Y/n] `, { signal });
    if (/^\s*(y|yes)?\s*$/i.test(answer)) return;
  } finally {
    terminal.close();
  }
  throw new CommandFailure('nothing was installed', { advice: 'Lessons alone: ./slipway up --no-engine' });
}

function howToInstall(distribution: Distribution | null, socketThere: boolean): string {
  if (socketThere) return 'Is this user in the group "docker"? sudo usermod -aG docker "$USER", then log in again.';
  if (distribution) return 'Install one: sudo apt-get install docker.io && sudo usermod -aG docker "$USER", then log in again.';
  if (process.platform === 'darwin') return 'Install Docker Desktop, OrbStack or Colima, start it, and run this again.';
  if (process.platform === 'win32') return 'Run Slipway inside WSL 2, with Docker Desktop or docker.io there.';
  return 'Install Docker 20.10 or newer (https://docs.docker.com/engine/install/), start it, and run this again.';
}
