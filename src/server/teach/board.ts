import type { LabFile } from '#lab/lab-file.ts';
import type { Best, Help, LabSession, Person, Store } from '#store/port.ts';

/** What the course says of its labs, for their titles and the order of tasks. Results of a lab it no longer has are shown under their ids. */
export type Labs = Readonly<Record<string, { file: Pick<LabFile, 'title' | 'tasks'> }>>;

/** Everybody's standing: a table for each lab that somebody opened, and the people who opened none. */
export interface Board {
  labs: readonly LabBoard[];
  idle: readonly BoardPerson[];
}
export interface BoardPerson {
  id: string;
  name: string;
}

/** Learner × task. */
export interface LabBoard {
  id: string;
  title: string;
  points: number;
  tasks: readonly BoardTask[];
  learners: readonly BoardLearner[];
}
export interface BoardTask {
  id: string;
  title: string;
  points: number;
}

export interface BoardLearner {
  person: BoardPerson;
  /** The newest stay in this lab, live or ended. */
  session: Pick<LabSession, 'id' | 'state' | 'activeAt' | 'createdAt'> | null;
  /** One for each of the lab's tasks, in their order; null when it was never judged. */
  cells: readonly (BoardCell | null)[];
  /** The help taken with each of the lab's tasks. */
  help: readonly TaskHelp[];
  score: number;
  /** How often Check was pressed. */
  checks: number;
  lastAt: string | null;
}

/** The best a learner reached in a task, and how the newest attempt ended. */
export type BoardCell = Omit<Best, 'person' | 'lab'>;

/** Help that a learner took with a task. */
export interface TaskHelp {
  /** How many hints were opened. */
  hints: number;
  /** When the solution was first seen. */
  solutionAt: string | null;
}

export function helpWith(task: string, help: readonly Help[]): TaskHelp {
  const taken = help.filter((each) => each.task === task);
  return {
    hints: taken.filter(({ kind }) => kind === 'hint').length,
    solutionAt: taken.find(({ kind }) => kind === 'solution')?.at ?? null,
  };
}

/** The board as it stands, read from the rows of bests: no attempt is read. */
export async function board(store: Store, labs: Labs): Promise<Board> {
  const [people, bests, sessions, help] = await Promise.all([
    store.people.list(),
    store.attempts.best({}),
    store.sessions.list({}),
    store.help.list({}),
  ]);
  const opened = new Set([...bests.map((best) => best.lab), ...sessions.map((session) => session.lab)]);
  const active = new Set([...bests.map((best) => best.person), ...sessions.map((session) => session.person)]);
  const byName = people.toSorted((a, b) => a.name.localeCompare(b.name, 'en') || a.id.localeCompare(b.id, 'en'));
  return {
    labs: inCourseOrder([...opened], labs).map((id) =>
      labBoard(
        id,
        labs,
        byName,
        bests.filter((best) => best.lab === id),
        sessions.filter((session) => session.lab === id),
        help.filter((taken) => taken.lab === id),
      ),
    ),
    idle: byName.filter((person) => !active.has(person.id)).map(plain),
  };
}

/** What the course says of a lab; undefined when it no longer has it. */
export function labFile(labs: Labs, id: string): Labs[string]['file'] | undefined {
  return Object.hasOwn(labs, id) ? labs[id]?.file : undefined;
}

/** A field of a task that the learner fills in. */
export type AnswerField = LabFile['tasks'][number]['answers'][number];

export function answersOf(labs: Labs, lab: string, task: string): readonly AnswerField[] {
  return labFile(labs, lab)?.tasks.find(({ id }) => id === task)?.answers ?? [];
}

/** The tasks of a lab: the course's in its order, then any that only results know. */
export function tasksOf(id: string, labs: Labs, bests: readonly Pick<Best, 'task' | 'points'>[]): BoardTask[] {
  const known = labFile(labs, id)?.tasks.map(({ id, title, points }) => ({ id, title, points })) ?? [];
  const gone = new Map(bests.map((best) => [best.task, { id: best.task, title: best.task, points: best.points }]));
  for (const task of known) gone.delete(task.id);
  return [...known, ...[...gone.values()].sort((a, b) => a.id.localeCompare(b.id, 'en'))];
}

function labBoard(
  id: string,
  labs: Labs,
  people: readonly Person[],
  bests: readonly Best[],
  sessions: readonly LabSession[],
  help: readonly Help[],
): LabBoard {
  const tasks = tasksOf(id, labs, bests);
  const learners = people.flatMap((person) => {
    const theirs = bests.filter((best) => best.person === person.id);
    const session = sessions.find((one) => one.person === person.id) ?? null;
    if (theirs.length === 0 && session === null) return [];
    const taken = help.filter((each) => each.person === person.id);
    return [learnerRow(person, session, tasks, theirs, taken)];
  });
  return { id, title: labFile(labs, id)?.title ?? id, points: sum(tasks.map((task) => task.points)), tasks, learners };
}

function learnerRow(
  person: Person,
  session: LabSession | null,
  tasks: readonly BoardTask[],
  bests: readonly Best[],
  help: readonly Help[],
): BoardLearner {
  return {
    person: plain(person),
    session: session && { id: session.id, state: session.state, activeAt: session.activeAt, createdAt: session.createdAt },
    cells: tasks.map((task) => bests.find((best) => best.task === task.id) ?? null),
    help: tasks.map((task) => helpWith(task.id, help)),
    score: sum(bests.map((best) => best.score)),
    checks: sum(bests.map((best) => best.checks)),
    lastAt:
      bests
        .map((best) => best.lastAt)
        .sort()
        .at(-1) ?? null,
  };
}

const plain = ({ id, name }: Person): BoardPerson => ({ id, name });
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function inCourseOrder(ids: readonly string[], labs: Labs): string[] {
  const place = (id: string) => (Object.hasOwn(labs, id) ? Object.keys(labs).indexOf(id) : Number.POSITIVE_INFINITY);
  return ids.toSorted((a, b) => (place(a) === place(b) ? a.localeCompare(b, 'en') : place(a) - place(b)));
}
