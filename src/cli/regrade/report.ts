import { readable } from '#grading/wording.ts';
import type { Outcome, Tally } from './tally.ts';
import type { GradeChange } from './write.ts';

/** The table of differences, then what else was found, line by line. */
export function tallyLines(tally: Tally): string[] {
  const { attempts, unchanged, partial, unfit, unknownTasks, differences } = tally;
  const rows = differences.map(({ task, was, now, attempts, people }) => [task, told(was), told(now), String(attempts), String(people)]);
  const gone = Object.entries(unknownTasks).map(([task, count]) => `${count} of the task ${task}, which the lab has no longer`);
  return [
    ...(rows.length === 0 ? [] : [...table(['task', 'was', 'now', 'attempts', 'people'], rows), '']),
    `${counted(attempts, 'attempt')}: ${sum(differences.map((row) => row.attempts))} would be judged otherwise, ${unchanged} unchanged`,
    ...(partial === 0 ? [] : [`${partial} cannot be regraded: the evidence was cut when it was stored`]),
    ...(unfit === 0 ? [] : [`${unfit} cannot be regraded: the evidence lacks what this grader reads (evidence.unreadable)`]),
    ...gone,
  ];
}

const mostGrades = 40;

/** What a regrade did to the grades. */
export function gradeLines(grades: readonly GradeChange[]): string[] {
  const rows = grades
    .slice(0, mostGrades)
    .map(({ name, task, was, now }) => [readable(name), task, told({ ...was, codes: [] }), told({ ...now, codes: [] })]);
  const up = grades.filter(({ was, now }) => now.score > was.score).length;
  const down = grades.filter(({ was, now }) => now.score < was.score).length;
  return [
    ...(rows.length === 0 ? [] : ['', ...table(['learner', 'task', 'best was', 'best is'], rows)]),
    ...(grades.length > mostGrades ? [`… and ${grades.length - mostGrades} more; --json lists all`] : []),
    `Best scores: ${up} higher, ${down} lower.`,
  ];
}

function told({ status, score, points, codes }: Outcome): string {
  const mark = `${status} ${round(score)} of ${round(points)}`;
  return codes.length === 0 ? mark : `${mark} (${codes.join(', ')})`;
}

/** Columns as wide as their longest cell; numbers stand to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => (/^(\d+|attempts|people)$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 attempt`, `2 attempts`. */
export const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;
export const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const round = (score: number) => Math.round(score * 100) / 100;
