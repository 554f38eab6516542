import type { Store } from '#store/port.ts';
import { board, type Labs } from './board.ts';
import { csv } from './csv.ts';

const header = [
  'learner_id',
  'learner',
  'lab_id',
  'lab',
  'task_id',
  'task',
  'score',
  'points',
  'status',
  'attempts',
  'best_attempt_id',
  'best_at',
  'last_status',
  'last_at',
  'checks',
  'hints',
  'solution_seen',
];

/**
 * The gradebook: a record for each learner and task of every lab they opened, tasks not judged among them. Ids stay the same for ever.
 * Scores are those of the newest verdicts; `attempts` are the presses of Check (`checks`) and the turns that were seen by themselves;
 * `hints` were opened; `solution_seen` is when, and may be later than `best_at`.
 */
export async function resultsCsv(store: Store, labs: Labs): Promise<string> {
  const { labs: boards } = await board(store, labs);
  const rows = boards.flatMap((lab) =>
    lab.learners.flatMap(({ person, cells, help }) =>
      lab.tasks.map((task, index) => {
        const best = cells[index] ?? null;
        const whose = [person.id, person.name, lab.id, lab.title, task.id, task.title];
        const { hints = 0, solutionAt = null } = help[index] ?? {};
        if (best === null) return [...whose, 0, task.points, 'not-tried', 0, null, null, null, null, 0, hints, solutionAt];
        const { score, points, status, attempts, attempt, at, lastStatus, lastAt, checks } = best;
        return [...whose, score, points, status, attempts, attempt, at, lastStatus, lastAt, checks, hints, solutionAt];
      }),
    ),
  );
  return csv(header, rows);
}
