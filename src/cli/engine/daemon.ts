import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../failure.ts';
import { mustRun } from '../run-program.ts';
import { asTheUserWould } from '../umask.ts';
import { type Engine, findEngine } from './find.ts';

const socket = '/var/run/docker.sock';
const pidFile = '/var/run/docker.pid';
export const daemonSettings = '/etc/docker/daemon.json';

/** Whether an engine's program is on this machine, running or not. */
export const engineInstalled = () => ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].some((path) => existsSync(path));

/** Whether systemd is what starts services here (as against a container, or another init). */
export const hasSystemd = () => existsSync('/run/systemd/system');

/** Starts the engine, unless it runs, and answers when it does: by systemd where there is one, else detached, with its log in `data`. */
export async function startDaemon(data: string, signal: AbortSignal): Promise<Engine> {
  const running = await findEngine({ DOCKER_HOST: `unix://${socket}` }, signal);
  if (running.ok) return running.engine;
  if (hasSystemd()) {
    await mustRun(['systemctl', 'enable', '--now', 'docker.service'], { signal, advice: 'See: journalctl -u docker' });
    return waitForEngine(null, '', signal);
  }
  const log = join(data, 'dockerd.log');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = openSync(log, 'a');
  const child = asTheUserWould(() => spawn('dockerd', [], { detached: true, stdio: ['ignore', file, file] }));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(`it ended with ${code ?? by}`));
  });
  child.unref();
  return waitForEngine(ended, log, signal);
}

/** Ends a detached engine and waits for its socket to be gone. Used between two attempts, never on an engine that was found running. */
export async function stopDaemon(signal: AbortSignal): Promise<void> {
  if (hasSystemd()) {
    await mustRun(['systemctl', 'stop', 'docker.socket', 'docker.service'], { signal });
    return;
  }
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (!(pid > 1)) return;
  process.kill(pid, 'SIGTERM');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
  while (existsSync(`/proc/${pid}`)) await pause(100, undefined, { signal: deadline });
}

/** Docker's own pools end at 30 networks; these give each lab a /24. Writes nothing over settings that exist; answers whether it wrote. */
export function writeDaemonSettings(path = daemonSettings): boolean {
  if (existsSync(path)) return false;
  const pools = [
    { base: '172.17.0.0/16', size: 24 },
    { base: '172.28.0.0/14', size: 24 },
  ];
  asTheUserWould(() => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify({ 'default-address-pools': pools }, null, 2)}\n`);
  });
  return true;
}

async function waitForEngine(ended: Promise<string> | null, log: string, outer: AbortSignal): Promise<Engine> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(60_000)]);
  let over: string | undefined;
  void ended?.then((how) => {
    over = how;
  });
  while (over === undefined && !signal.aborted) {
    const found = await findEngine({ DOCKER_HOST: `unix://${socket}` }, signal).catch(() => null);
    if (found?.ok) return found.engine;
    await pause(150, undefined, { signal }).catch(() => null);
  }
  outer.throwIfAborted();
  const tail = log && existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-8).join('\n  | ') : '';
  throw new CommandFailure(`the Docker engine did not start: ${over ?? 'no answer within 60 s'}${tail && `\n  | ${tail}`}`, {
    advice: log ? `Its whole log: ${log}` : 'See: journalctl -u docker',
  });
}
