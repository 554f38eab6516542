// Holds the write lock of an SQLite file: says `locked`, and lets go after so many milliseconds.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

const [path = '', milliseconds = '0'] = process.argv.slice(2);
const file = new DatabaseSync(path, { timeout: 5_000 });
file.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
await wait(Number(milliseconds));
file.exec('ROLLBACK');
file.close();
