import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GradedTask } from '#grading/grader.ts';
import type { Course, CourseLab } from '#runtime/course.ts';
import { type LoadedGrader, loadGrader } from '#runtime/grade/load-grader.ts';
import { type ProofState, proofState } from './proof-state.ts';

/** One task as its author sees it. `lasts` and what it reads are null while the grader cannot be loaded. */
export interface AuthorTask {
  id: string;
  title: string;
  points: number;
  lasts: 'state' | 'once' | null;
  /** Kinds of observations, e.g. `kube.list`, each once, in alphabetical order. */
  reads: readonly string[];
  /** Those of them that a witness keeps a journal of. */
  witnessed: readonly string[];
  trial: string | null;
  answers: number;
}

export interface AuthorLab {
  id: string;
  title: string;
  minutes: number;
  points: number;
  memoryMiB: number;
  lesson: { id: string; title: string } | null;
  tasks: readonly AuthorTask[];
  /** Why `grade.ts` cannot be used; null when it can. */
  fault: string | null;
  proof: ProofState;
  /** Files that the proof types, and recorded evidence. */
  right: number;
  wrong: number;
  fixtures: number;
  next: NextStep | null;
}

/** The one thing to do next with a lab. */
export interface NextStep {
  command: string;
  why: string;
}

/** Every lab of the course with what is known of its graders, as the files are at this moment. */
export async function authorLabs(course: Course, root: string): Promise<readonly AuthorLab[]> {
  const labs = Object.values(course.labs).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return await Promise.all(labs.map((lab) => authorLab(lab, course.lessons, root)));
}

async function authorLab({ id, folder, file }: CourseLab, lessons: Course['lessons'], root: string): Promise<AuthorLab> {
  const grader = await graderOf({ root, folder, tasks: file.tasks });
  const judged = typeof grader === 'string' ? [] : grader.tasks;
  const proof = proofState(folder);
  const lesson = lessons.find((each) => each.lab === id);
  return {
    id,
    title: file.title,
    minutes: file.minutes,
    points: file.tasks.reduce((sum, task) => sum + task.points, 0),
    memoryMiB: file.memoryMiB,
    lesson: lesson === undefined ? null : { id: lesson.id, title: lesson.title },
    tasks: file.tasks.map(({ id, title, points, trial, answers }) => {
      const how = judged.find((task) => task.id === id);
      const tells = { id, title, points, trial: trial ?? null, answers: answers.length };
      return { ...tells, lasts: how?.lasts ?? null, reads: kinds(how?.observe, how?.witness), witnessed: kinds(how?.witness) };
    }),
    fault: typeof grader === 'string' ? grader.replaceAll(`${folder}/`, '') : null,
    proof,
    right: count(folder, 'right', '.sh'),
    wrong: count(folder, 'wrong', '.sh'),
    fixtures: count(folder, 'fixtures', '.json'),
    next: nextStep(id, proof),
  };
}

/** What a learner is told of how a task is judged: whether a pass stays, and for how many seconds the cluster may be at work on it. */
export type JudgedTask = Pick<GradedTask, 'lasts' | 'settlesWithin'>;

/** How each task of a lab is judged, by id; none while its grader cannot be loaded. */
export async function judgedTasks({ folder, file }: CourseLab, root: string): Promise<Readonly<Record<string, JudgedTask>>> {
  const grader = await graderOf({ root, folder, tasks: file.tasks });
  if (typeof grader === 'string') return {};
  return Object.fromEntries(grader.tasks.map(({ id, lasts, settlesWithin }) => [id, { lasts, settlesWithin }]));
}

/** The grader, or why it cannot be used. */
async function graderOf(where: Parameters<typeof loadGrader>[0]): Promise<LoadedGrader | string> {
  try {
    return await loadGrader(where);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function kinds(...reads: readonly (GradedTask['observe'] | undefined)[]): string[] {
  return [...new Set(reads.flatMap((each) => Object.values(each ?? {})).map(({ request }) => request.kind))].sort();
}

const count = (folder: string, name: string, end: string) =>
  existsSync(join(folder, name)) ? readdirSync(join(folder, name)).filter((file) => file.endsWith(end)).length : 0;

/** Of mutants, this share may survive. */
export const survivalBar = 0.05;

export function nextStep(id: string, proof: ProofState): NextStep | null {
  const test = `./slipway lab test ${id}`;
  if (proof.state === 'none') return { command: test, why: 'Its graders were never shown an answer on a real cluster.' };
  if (proof.state === 'faulty') return { command: test, why: proof.fault };
  if (proof.state === 'stale') return { command: test, why: 'The folder has changed since it was proved.' };
  const { mutants, scope, twice } = proof.proof;
  if (scope === 'short') return { command: test, why: 'Only one right and one wrong answer were tried.' };
  if (mutants.survived > survivalBar * mutants.made) {
    return { command: `./slipway lab mutate ${id}`, why: `${mutants.survived} of ${mutants.made} mutants were noticed by no task.` };
  }
  return twice ? null : { command: `${test} --twice`, why: 'Everything held once. Whether it holds again is not known.' };
}
