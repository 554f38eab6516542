import type { LabFile } from '#lab/lab-file.ts';
import type { CheckResult } from '#runtime/hub.ts';
import type { JudgedTask } from '#server/authoring/labs.ts';
import { emptyWorkspace, type Workspace } from '#server/workspace/workspace.ts';
import type { Best, TaskHistory } from '#store/port.ts';

/** What the components inside a lesson's prose need to know of the page around them. */
export interface LessonContext {
  lab: {
    id: string;
    tasks: LabFile['tasks'];
    briefs: Readonly<Record<string, string>>;
    /** How each task is judged, as far as its learner is told; empty when the grader cannot be read. */
    judged: Readonly<Record<string, JudgedTask>>;
  } | null;
  /** The reader's best score of each task, by task id. */
  bests: ReadonlyMap<string, Best>;
  /** What the reader handed in last, by task and field. */
  answers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The latest verdict of each task in the lab that lives, and what became of the tasks in it. */
  verdicts: readonly CheckResult[];
  history: Readonly<Record<string, TaskHistory>>;
  /** What the reader left: drafts, tabs, help that was opened. */
  workspace: Workspace;
}

const contexts = new WeakMap<Request, LessonContext>();

/** Says once per request what `lessonContext` will answer: components in MDX get no props from the page. */
export function provideLesson(request: Request, context: LessonContext): void {
  contexts.set(request, context);
}

export function lessonContext(request: Request): LessonContext {
  return contexts.get(request) ?? { lab: null, bests: new Map(), answers: {}, verdicts: [], history: {}, workspace: emptyWorkspace };
}
