import { type Drafts, Drafts as DraftsSchema, deskValue, Place, Scroll, Tabs } from '#course/desk.ts';
import type { CourseLab } from '#runtime/course.ts';
import { type DisputeView, disputeView } from '#runtime/dispute.ts';
import { solutionsOf } from '#runtime/solution.ts';
import type { Dispute, Help, Person, Store } from '#store/port.ts';

/** What a lesson's page draws at first paint of what its reader left. Without a reader, or a lab, as if nothing was left. */
export interface Workspace {
  place: Place | null;
  scroll: Scroll | null;
  drafts: Drafts;
  tabs: Tabs | null;
  /** The hints that were opened, by task, in order. */
  hints: Readonly<Record<string, readonly string[]>>;
  /** By task, for each that has a solution: how often it was asked for, and its text once it was shown. */
  solutions: Readonly<Record<string, { asked: number; shown: string | null }>>;
  /** What was said of verdicts in this lab, newest first. */
  disputes: readonly TaskDispute[];
}

/** A dispute, and the task it is about. */
export type TaskDispute = DisputeView & { task: string };

export const emptyWorkspace: Workspace = { place: null, scroll: null, drafts: {}, tabs: null, hints: {}, solutions: {}, disputes: [] };

export async function workspaceOf(
  store: Pick<Store, 'attempts' | 'desk' | 'help' | 'disputes'>,
  person: Pick<Person, 'id'> | null,
  { lesson, lab }: { lesson: string; lab: CourseLab | null },
): Promise<Workspace> {
  if (person === null) return lab === null ? emptyWorkspace : { ...emptyWorkspace, ...helpTaken(lab, []) };
  const names = ['place', `scroll:${lesson}`, ...(lab === null ? [] : [`drafts:${lab.id}`, `tabs:${lab.id}`])];
  const [desk, help, disputes] = await Promise.all([
    store.desk.get(person.id, names),
    lab === null ? [] : store.help.list({ person: person.id, lab: lab.id }),
    lab === null ? [] : store.disputes.list({ person: person.id }),
  ]);
  return {
    place: deskValue(Place, desk['place']),
    scroll: deskValue(Scroll, desk[`scroll:${lesson}`]),
    drafts: (lab && deskValue(DraftsSchema, desk[`drafts:${lab.id}`])) ?? {},
    tabs: lab && deskValue(Tabs, desk[`tabs:${lab.id}`]),
    ...(lab === null ? { hints: {}, solutions: {} } : helpTaken(lab, help)),
    disputes: lab === null ? [] : await ofLab(store, person, lab, disputes),
  };
}

const mostDisputes = 500;

async function ofLab(
  store: Pick<Store, 'attempts'>,
  { id: person }: Pick<Person, 'id'>,
  { id: lab }: CourseLab,
  disputes: readonly Dispute[],
) {
  if (disputes.length === 0) return [];
  const newest = disputes.slice(0, mostDisputes);
  const attempts = await store.attempts.list({ person, lab, ids: newest.map(({ attempt }) => attempt), limit: mostDisputes });
  return newest.flatMap((dispute): TaskDispute[] => {
    const task = attempts.find(({ id }) => id === dispute.attempt)?.task;
    return task === undefined ? [] : [{ ...disputeView(dispute), task }];
  });
}

function helpTaken(lab: CourseLab, help: readonly Help[]): Pick<Workspace, 'hints' | 'solutions'> {
  const of = (task: string, kind: Help['kind']) => help.filter((each) => each.task === task && each.kind === kind);
  const hints = lab.file.tasks.map((task) => {
    const opened = of(task.id, 'hint').map(({ number }) => number);
    return [task.id, task.hints.filter((_, index) => opened.includes(index + 1))];
  });
  const solutions = Object.entries(solutionsOf(lab)).map(([task, text]) => {
    return [task, { asked: of(task, 'asked').length, shown: of(task, 'solution').length > 0 ? text : null }];
  });
  return { hints: Object.fromEntries(hints), solutions: Object.fromEntries(solutions) };
}
