import type { Migration } from 'kysely/migration';
import * as initial from './0001-initial.ts';
import * as revisions from './0002-revisions.ts';
import * as attemptOrder from './0003-attempt-order.ts';
import * as workspace from './0004-workspace.ts';
import * as fastStarts from './0005-fast-starts.ts';

/**
 * Every migration in order, imported one by one so that a bundle carries them. Names sort as they run.
 * A migration that was released is never edited; each runs alike on SQLite and PostgreSQL, whole or not at all.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-revisions': revisions,
  '0003-attempt-order': attemptOrder,
  '0004-workspace': workspace,
  '0005-fast-starts': fastStarts,
};
