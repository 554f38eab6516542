import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { z } from 'zod';

/** An engine that answers. `host` is what DOCKER_HOST has to be for others to reach it. */
export interface Engine {
  docker: Docker;
  host: string;
  info: EngineInfo;
}

const Info = z.object({
  ID: z.string().default(''),
  ServerVersion: z.string(),
  CgroupVersion: z.string().default('1'),
  DockerRootDir: z.string().default(''),
  Driver: z.string().default(''),
  NCPU: z.number(),
  MemTotal: z.number(),
  OperatingSystem: z.string().default(''),
  DefaultAddressPools: z.array(z.object({ Base: z.string(), Size: z.number() })).nullish(),
});
export type EngineInfo = z.infer<typeof Info>;

/** What @types/dockerode does not say: every call takes an `abortSignal`. */
interface Abortable {
  info(options: { abortSignal: AbortSignal }): Promise<unknown>;
}

export type Found = { ok: true; engine: Engine } | { ok: false; reason: string; tried: readonly string[] };

/** The engine named by DOCKER_HOST, else the first of the usual sockets that answers within two seconds. */
export async function findEngine(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<Found> {
  const hosts = env['DOCKER_HOST']
    ? [env['DOCKER_HOST']]
    : usualSockets(env)
        .filter((path) => existsSync(path))
        .map((path) => `unix://${path}`);
  const reasons: string[] = [];
  for (const host of hosts) {
    const tried = await tryEngine(host, signal);
    if (tried.ok) return tried;
    reasons.push(`${host}: ${tried.reason}`);
  }
  const reason = hosts.length === 0 ? 'no Docker engine is listening on this machine' : reasons.join('; ');
  return { ok: false, reason, tried: hosts };
}

async function tryEngine(host: string, signal: AbortSignal): Promise<{ ok: true; engine: Engine } | { ok: false; reason: string }> {
  try {
    const docker: Docker & Abortable = connect(host);
    const info = Info.parse(await docker.info({ abortSignal: AbortSignal.any([signal, AbortSignal.timeout(2000)]) }));
    return { ok: true, engine: { docker, host, info } };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, reason: whyNot(error) };
  }
}

/** A client for an engine named as DOCKER_HOST names it. */
export function connect(host: string): Docker {
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  // dockerode itself reads DOCKER_TLS_VERIFY and DOCKER_CERT_PATH when it is given no options.
  if (process.env['DOCKER_TLS_VERIFY']) return new Docker();
  return new Docker({ protocol: 'http', host: url.hostname, port: Number(url.port || 2375) });
}

function usualSockets(env: Readonly<Record<string, string | undefined>>): string[] {
  const home = homedir();
  return [
    '/var/run/docker.sock',
    ...(env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.rd/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
  ];
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES') return 'this user may not use it (add the user to the group "docker" and log in again)';
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'nobody is listening there';
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) return 'no answer within 2 s';
  return error instanceof Error ? error.message : String(error);
}
