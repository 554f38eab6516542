import type { LabFile } from '#lab/lab-file.ts';

/** A person's best score in a task, as the store keeps it. */
export interface BestScore {
  lab: string;
  task: string;
  score: number;
  points: number;
}

export interface Progress {
  tasks: number;
  /** Tasks with full score. */
  passed: number;
  score: number;
  points: number;
  state: 'untouched' | 'begun' | 'done';
}

export interface LessonWithLab {
  id: string;
  lab?: string | undefined;
}

/**
 * How far a person is in one lab. Scores are shares of a task's points as they are in the lab's file:
 * a task that got more points since keeps its share, one that left the lab counts no more.
 */
export function labProgress(lab: string, tasks: LabFile['tasks'], bests: readonly BestScore[]): Progress {
  const mine = new Map(bests.filter((best) => best.lab === lab).map((best) => [best.task, best]));
  const shares = tasks.map((task) => ({ task, share: share(mine.get(task.id)) }));
  const passed = shares.filter((each) => each.share === 1).length;
  const begun = tasks.some((task) => mine.has(task.id));
  return {
    tasks: tasks.length,
    passed,
    score: sum(shares.map((each) => each.share * each.task.points)),
    points: sum(tasks.map((task) => task.points)),
    state: passed === tasks.length ? 'done' : begun ? 'begun' : 'untouched',
  };
}

export interface CourseProgress extends Progress {
  /** By lesson id; lessons that open onto no lab have none. */
  lessons: ReadonlyMap<string, Progress>;
  /** The lesson to go on with: the first with a lab that is not done. Null when all are. */
  goOn: string | null;
}

/** Progress over the lessons that can be read, in course order. */
export function courseProgress(
  lessons: readonly LessonWithLab[],
  labs: Readonly<Record<string, { file: Pick<LabFile, 'tasks'> }>>,
  bests: readonly BestScore[],
): CourseProgress {
  const each = new Map<string, Progress>();
  for (const { id, lab } of lessons) {
    const tasks = lab === undefined ? undefined : labs[lab]?.file.tasks;
    if (lab !== undefined && tasks !== undefined) each.set(id, labProgress(lab, tasks, bests));
  }
  const all = [...each.values()];
  const done = all.length > 0 && all.every((progress) => progress.state === 'done');
  return {
    tasks: sum(all.map((progress) => progress.tasks)),
    passed: sum(all.map((progress) => progress.passed)),
    score: sum(all.map((progress) => progress.score)),
    points: sum(all.map((progress) => progress.points)),
    state: done ? 'done' : all.some((progress) => progress.state !== 'untouched') ? 'begun' : 'untouched',
    lessons: each,
    goOn: [...each].find(([, progress]) => progress.state !== 'done')?.[0] ?? null,
  };
}

/**
 * The lesson that "Go on" leads to: where the reader left, unless all of its tasks are done and others are not;
 * then the first that is not done. Null when there is nothing to read.
 */
export function whereToGo<Lesson extends LessonWithLab>(
  lessons: readonly Lesson[],
  progress: CourseProgress,
  place: string | null,
): Lesson | null {
  const left = lessons.find((lesson) => lesson.id === place);
  const isDone = left !== undefined && progress.lessons.get(left.id)?.state === 'done';
  if (left !== undefined && (!isDone || progress.goOn === null)) return left;
  return lessons.find((lesson) => lesson.id === progress.goOn) ?? lessons[0] ?? null;
}

function share(best: BestScore | undefined): number {
  if (best === undefined || best.points <= 0) return 0;
  return Math.min(1, Math.max(0, best.score / best.points));
}

/** To hundredths: shares of points are fractions, and pages print them. */
function sum(numbers: readonly number[]): number {
  return Math.round(numbers.reduce((total, each) => total + each, 0) * 100) / 100;
}
