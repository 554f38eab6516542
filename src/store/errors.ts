import { StoreError } from './port.ts';

/** What a driver's error means to us; `retry` when the same work may succeed a little later and surely left nothing behind. */
export interface Diagnosis {
  code: StoreError['code'];
  retry: boolean;
}

const words: Record<StoreError['code'], string> = {
  busy: 'The database is locked by another program. Nothing was saved; try again in a moment.',
  full: 'The disk that holds the database is full. Nothing was saved; make room and try again.',
  unreachable: 'The database server cannot be reached. Nothing was acknowledged; try again in a moment.',
  corrupt: 'The database file is damaged.',
  'newer-schema': 'The database was written by a newer Slipway.',
  failed: 'The database refused.',
};

/** SQLite's primary result codes, https://sqlite.org/rescode.html. Extended codes carry them in the low byte. */
const sqliteCodes: Readonly<Record<number, Diagnosis>> = {
  5: { code: 'busy', retry: true },
  6: { code: 'busy', retry: true },
  11: { code: 'corrupt', retry: false },
  13: { code: 'full', retry: false },
  26: { code: 'corrupt', retry: false },
};

/** SQLSTATEs after which the transaction is certainly rolled back (first group) or whose meaning we tell apart. */
const postgresCodes: Readonly<Record<string, Diagnosis>> = {
  '40001': { code: 'busy', retry: true },
  '40P01': { code: 'busy', retry: true },
  '55P03': { code: 'busy', retry: true },
  '57014': { code: 'busy', retry: false },
  '53100': { code: 'full', retry: false },
  '53300': { code: 'unreachable', retry: true },
  '57P01': { code: 'unreachable', retry: false },
  '57P02': { code: 'unreachable', retry: false },
  '57P03': { code: 'unreachable', retry: true },
};

const lostConnection = /ECONN|ENOENT|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|terminated|timeout exceeded when trying to connect/i;

/** Reads an error of node:sqlite or pg. */
export function diagnose(error: unknown): Diagnosis {
  if (error instanceof StoreError) return { code: error.code, retry: error.code === 'busy' };
  if (!(error instanceof Error)) return { code: 'failed', retry: false };
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return sqliteCodes[errcode & 0xff] ?? { code: 'failed', retry: false };
  if (typeof code === 'string' && postgresCodes[code]) return postgresCodes[code];
  if (typeof code === 'string' && code.startsWith('08')) return { code: 'unreachable', retry: false };
  if (lostConnection.test(`${String(code ?? '')} ${error.message}`)) return { code: 'unreachable', retry: false };
  return { code: 'failed', retry: false };
}

/** The same error as the port promises it. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code } = diagnose(error);
  const detail = error instanceof Error ? error.message : String(error);
  return new StoreError(code, `${words[code]} (${detail})`, { cause: error });
}
