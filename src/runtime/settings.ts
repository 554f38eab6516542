import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const loopback = new Set(['localhost', '127.0.0.1', '::1']);

/** The environment Slipway reads, refused at start when a value is not understood. */
const Environment = z.object({
  SLIPWAY_ROOT: z.string().default(process.cwd()),
  SLIPWAY_COURSE: z.string().optional(),
  SLIPWAY_DATA: z.string().optional(),
  SLIPWAY_INSTANCE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{2,40}$/, 'use 3 to 41 lower-case letters, digits and dashes')
    .optional(),
  SLIPWAY_HOST: z
    .string()
    .default('localhost')
    .refine(
      (host) => loopback.has(host),
      'this tier serves the machine itself only (localhost, 127.0.0.1, ::1); a class needs tier "class"',
    ),
  SLIPWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4321),
  SLIPWAY_NO_ENGINE: z.enum(['0', '1']).default('0'),
  /** Open labs go on with a grader as soon as it is saved. */
  SLIPWAY_RELOAD: z.enum(['0', '1']).default('0'),
  /** Free space on the engine's disk below which no lab is started, in MiB. */
  SLIPWAY_DISK_WATERMARK_MIB: z.coerce.number().int().nonnegative().default(4096),
  /** Minutes without a keystroke or an action after which a lab is paused; 0: never. Its learner is warned after three quarters. */
  SLIPWAY_IDLE_MINUTES: z.coerce.number().nonnegative().max(10_080).default(20),
  /** Memory that labs may take which nobody asked for yet, in MiB; 0: nothing is made ahead. Left out: worked out at boot. */
  SLIPWAY_POOL_MIB: z.coerce.number().int().nonnegative().optional(),
  /** How many labs' beginnings are kept on the engine's disk. Left out: 4, none when SLIPWAY_POOL_MIB is 0. 0: none is taken. */
  SLIPWAY_CAPTURES: z.coerce.number().int().nonnegative().max(50).optional(),
  /** Memory that all labs may hold together, in MiB. Left out: that of the machine, less 15 % and 1 GiB. */
  SLIPWAY_MEMORY_MIB: z.coerce.number().int().min(256).optional(),
  /** Labs that are made at the same time; others wait in line. Left out: as many as there are cores. */
  SLIPWAY_STARTS: z.coerce.number().int().min(1).max(64).optional(),
  /** Labs that may wait in line. */
  SLIPWAY_LINE: z.coerce.number().int().min(1).max(10_000).default(100),
  SLIPWAY_LABS_PER_PERSON: z.coerce.number().int().min(1).max(1000).default(3),
  /** Starts and resets that one person may ask for within ten minutes. */
  SLIPWAY_STARTS_PER_PERSON: z.coerce.number().int().min(1).max(10_000).default(20),
  /** Whoever reads /metrics shows it as a bearer token; without one only this machine may. */
  SLIPWAY_METRICS_TOKEN: z.string().min(16, 'use at least 16 characters').optional(),
  SLIPWAY_LOG: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  DATABASE_URL: z.string().optional(),
});

export interface Settings {
  /** The checkout: `images/`, `dist/`. */
  root: string;
  /** Holds `content/` and `labs/`. */
  course: string;
  data: string;
  /** Labels everything this installation makes. */
  instance: string;
  host: string;
  port: number;
  engine: boolean;
  /** Open labs go on with a grader as soon as it is saved (`./slipway dev`). */
  reload: boolean;
  diskWatermarkBytes: number;
  /** Before an idle lab is paused; 0: never. */
  idleMinutes: number;
  /** Memory for labs that nobody asked for yet; null: what `suggestedPool` says. */
  poolBytes: number | null;
  /** How many captured labs are kept. */
  captures: number;
  /** Memory that all labs may hold together; null: worked out from the machine's. */
  memoryBytes: number | null;
  /** Labs that are made at the same time; null: worked out from the machine's cores. */
  starts: number | null;
  /** Labs that may wait in line. */
  line: number;
  labsPerPerson: number;
  /** Within ten minutes. */
  startsPerPerson: number;
  /** What a reader of /metrics has to show; undefined: to come from this machine. */
  metricsToken: string | undefined;
  log: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  databaseUrl: string | undefined;
}

/** Reads the settings and makes the data folder. Throws one sentence per wrong variable. */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const values = parsed.data;
  const root = resolve(values.SLIPWAY_ROOT);
  const data = resolve(values.SLIPWAY_DATA ?? join(root, '.slipway'));
  mkdirSync(data, { recursive: true, mode: 0o700 });
  chmodSync(data, 0o700);
  return {
    root,
    course: resolve(values.SLIPWAY_COURSE ?? root),
    data,
    instance: values.SLIPWAY_INSTANCE ?? keptInstance(data),
    host: values.SLIPWAY_HOST,
    port: values.SLIPWAY_PORT,
    engine: values.SLIPWAY_NO_ENGINE === '0',
    reload: values.SLIPWAY_RELOAD === '1',
    diskWatermarkBytes: values.SLIPWAY_DISK_WATERMARK_MIB * 1024 * 1024,
    idleMinutes: values.SLIPWAY_IDLE_MINUTES,
    poolBytes: values.SLIPWAY_POOL_MIB === undefined ? null : values.SLIPWAY_POOL_MIB * 1024 * 1024,
    captures: values.SLIPWAY_CAPTURES ?? (values.SLIPWAY_POOL_MIB === 0 || values.SLIPWAY_RELOAD === '1' ? 0 : 4),
    memoryBytes: values.SLIPWAY_MEMORY_MIB === undefined ? null : values.SLIPWAY_MEMORY_MIB * 1024 * 1024,
    starts: values.SLIPWAY_STARTS ?? null,
    line: values.SLIPWAY_LINE,
    labsPerPerson: values.SLIPWAY_LABS_PER_PERSON,
    startsPerPerson: values.SLIPWAY_STARTS_PER_PERSON,
    metricsToken: values.SLIPWAY_METRICS_TOKEN,
    log: values.SLIPWAY_LOG,
    databaseUrl: values.DATABASE_URL,
  };
}

/** The instance's name, made once and kept beside the database. */
function keptInstance(data: string): string {
  return kept(join(data, 'instance'), /^[a-z0-9][a-z0-9-]{2,40}$/, () => `i-${randomBytes(5).toString('hex')}`);
}

/** A secret kept beside the database, made once: keys the hashes that stand for Secrets' values. */
export function keptSecret(data: string): Buffer {
  return Buffer.from(
    kept(join(data, 'secret'), /^[0-9a-f]{64}$/, () => randomBytes(32).toString('hex')),
    'hex',
  );
}

/** The word in a file, made whole or not at all when there is none. Two processes at once get the same. */
function kept(file: string, shape: RegExp, make: () => string): string {
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}.new`;
    writeFileSync(draft, `${make()}\n`, { mode: 0o600, flush: true });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(draft);
    }
  }
  const word = readFileSync(file, 'utf8').trim();
  if (shape.test(word)) return word;
  throw new Error(`${file} is damaged. Restore it from a backup; labs and hashes made with the old one are not found without it.`);
}
