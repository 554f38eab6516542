import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** Where PostgreSQL's server programs are (`initdb`, `postgres`), or null: Debian keeps them outside PATH. */
export function postgresPrograms(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

export interface PostgresServer {
  /** Makes an empty database and answers its URL. */
  database(): Promise<string>;
  /** Runs SQL as the superuser, in the maintenance database. */
  admin(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Stops the server at once, as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of our own on a unix socket in a temporary folder; as another user when we are root, which it refuses to run as.
 * It does not flush to the disk: processes are killed here, machines are not.
 */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-pg-'));
  const user = process.getuid?.() === 0 ? { uid: numericId('-u'), gid: numericId('-g') } : {};
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const options = {
    ...user,
    cwd: folder,
    stdio: 'ignore',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', HOME: folder },
  } as const;
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'slipway', '-A', 'trust', '-E', 'UTF8', '--no-sync'], options);

  let server: ChildProcess | undefined;
  const url = (name: string) => `postgres://slipway@localhost/${name}?host=${encodeURIComponent(folder)}`;
  const admin = async (sql: string, values: unknown[] = []) => {
    const client = new Client({ connectionString: url('postgres') });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const result = await client.query(sql, values);
      return result.rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = server;
    server = undefined;
    if (!ending) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await gone;
  };
  const start = async () => {
    server = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'], options);
    await answers(admin);
  };
  await start();

  let made = 0;
  return {
    admin,
    start,
    kill: () => end('SIGQUIT'),
    async database() {
      const name = `slipway_${++made}`;
      await admin(`create database ${name}`);
      return url(name);
    },
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function numericId(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}

async function answers(admin: (sql: string) => Promise<unknown>): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    try {
      await admin('select 1');
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
