import { may } from '#people/policy.ts';
import { Problem } from '#runtime/problem.ts';
import { endpoint } from '#server/answer.ts';
import { resultsCsv } from '#server/teach/results-csv.ts';

/** The gradebook as a file. */
export const GET = endpoint(async ({ locals }, person) => {
  if (!may({ person: person.id, roles: person.roles }, 'export', { kind: 'results' })) {
    throw new Problem(403, 'instructors-only', 'Results are exported by instructors.');
  }
  const { store, course } = locals.runtime;
  const name = `slipway-results-${new Date().toISOString().slice(0, 10)}.csv`;
  return new Response(await resultsCsv(store, course.labs), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    },
  });
});
