import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import { Verdict } from '#grading/verdict.ts';
import { type BestKey, lockBest, recountBest } from './best.ts';
import { type Judgement, type Revision, StoreError } from './port.ts';
import { isoTime, json, parseRows } from './row.ts';
import type { Tables } from './tables.ts';

const JudgementRow = z.object({ at: z.string(), graderVersion: z.string(), points: z.number(), verdict: json(Verdict) });

/** Every judgement of an attempt, oldest first: its own, then its revisions. */
export async function judgementsOf(db: Kysely<Tables>, attempt: string): Promise<readonly Judgement[]> {
  const columns = ['at', 'graderVersion', 'points', 'verdict'] as const;
  const own = await db.selectFrom('attempt').select(columns).where('id', '=', attempt).execute();
  const later = await db.selectFrom('revision').select(columns).where('attempt', '=', attempt).orderBy('number').execute();
  return parseRows('revision', JudgementRow, [...own, ...later]);
}

/** Writes what differs from the judgement in effect, and the bests that follow from it. Answers how many were written. */
export async function regrade(tx: Transaction<Tables>, revisions: readonly Revision[]): Promise<number> {
  const keys = await keysOf(tx, revisions);
  // Locked before anything is read that a check or another regrade could change meanwhile; in one order, lest two wait for each other.
  for (const key of keys) await lockBest(tx, key);
  let written = 0;
  for (const { attempt, at, ...judgement } of revisions) {
    const known = await judgementsOf(tx, attempt);
    const { at: _, ...effective } = known.at(-1) ?? { at };
    if (isDeepStrictEqual(effective, { ...judgement, verdict: asStored(judgement.verdict) })) continue;
    await tx
      .insertInto('revision')
      .values({ ...judgement, attempt, number: known.length, at: isoTime(at), verdict: JSON.stringify(judgement.verdict) })
      .execute();
    written += 1;
  }
  if (written > 0) for (const key of keys) await recountBest(tx, key);
  return written;
}

/** What JSON keeps of a verdict. */
const asStored = (verdict: Verdict): Verdict => Verdict.parse(JSON.parse(JSON.stringify(verdict)));

/** The bests that these revisions may move, each once, in one order. Throws when an attempt is not there. */
async function keysOf(tx: Transaction<Tables>, revisions: readonly Revision[]): Promise<BestKey[]> {
  const keys = new Map<string, BestKey>();
  for (const id of new Set(revisions.map(({ attempt }) => attempt))) {
    const key = await tx.selectFrom('attempt').select(['person', 'lab', 'task']).where('id', '=', id).executeTakeFirst();
    if (key === undefined) throw new StoreError('failed', `There is no attempt ${id}.`);
    keys.set(JSON.stringify([key.person, key.lab, key.task]), key);
  }
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}
