import type { Kysely } from 'kysely';
import { z } from 'zod';
import { Evidence } from '#grading/evidence.ts';
import { Verdict } from '#grading/verdict.ts';
import { json } from './row.ts';
import type { Tables } from './tables.ts';

/** An attempt's row, its verdict the one that counts. */
export const EffectiveRow = z.object({
  id: z.string(),
  session: z.string(),
  person: z.string(),
  lab: z.string(),
  task: z.string(),
  cause: z.enum(['check', 'turn']),
  at: z.string(),
  epoch: z.int(),
  labVersion: z.string(),
  graderVersion: z.string(),
  kubernetesVersion: z.string(),
  points: z.number(),
  verdict: json(Verdict),
  revisedAt: z.string().nullable(),
});
export const WholeRow = EffectiveRow.extend({ evidence: json(Evidence) });

/** Attempts, each joined to its newest revision, if it has one. */
export function withRevision(db: Kysely<Tables>) {
  return db.selectFrom('attempt').leftJoin('revision', (join) =>
    join.onRef('revision.attempt', '=', 'attempt.id').on('revision.number', '=', (of) =>
      of
        .selectFrom('revision as newer')
        .select((newer) => newer.fn.max('newer.number').as('number'))
        .whereRef('newer.attempt', '=', 'attempt.id'),
    ),
  );
}

/** Attempts as `EffectiveRow` reads them. */
export function effective(db: Kysely<Tables>) {
  return withRevision(db)
    .select([
      'attempt.id',
      'attempt.session',
      'attempt.person',
      'attempt.lab',
      'attempt.task',
      'attempt.cause',
      'attempt.at',
      'attempt.epoch',
      'attempt.labVersion',
      'attempt.kubernetesVersion',
      'revision.at as revisedAt',
    ])
    .select((of) => [
      of.fn.coalesce('revision.graderVersion', 'attempt.graderVersion').as('graderVersion'),
      of.fn.coalesce('revision.points', 'attempt.points').as('points'),
      of.fn.coalesce('revision.verdict', 'attempt.verdict').as('verdict'),
    ]);
}
