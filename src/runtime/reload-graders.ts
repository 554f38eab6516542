import { watch } from 'node:fs';
import type { LabSession } from '#store/port.ts';
import { gradeWatched, storeGraded } from './check-lab.ts';
import type { Context } from './context.ts';
import { type CourseLab, loadLab } from './course.ts';
import { loadGrader } from './grade/load-grader.ts';

/** Editors write a file in several strokes. */
const strokes = 200;
const judgeMilliseconds = 30_000;
const judging = /(\.ts|^lab\.yaml)$/;

/**
 * For authors (`./slipway dev`): whenever a lab's grader, words or lab.yaml is saved, its open labs go on with it and are judged again.
 * What cannot be used is said in the log, and what was there before goes on. Ends with the signal.
 */
export function reloadGraders(context: Context, signal: AbortSignal): void {
  let tail: Promise<void> = Promise.resolve();
  const saved = (lab: string) => {
    tail = tail
      .then(() => reload(context, lab))
      .catch((error: unknown) => context.log.error({ lab }, `${messageOf(error)}\nWhat was there before goes on.`));
  };
  for (const { id, folder } of Object.values(context.course.labs)) {
    let stroke: NodeJS.Timeout | undefined;
    // The folder, and not the tree below it: a file that an editor puts in another's place is seen there.
    const watcher = watch(folder, { signal }, (_event, name) => {
      if (name === null || !judging.test(name)) return;
      clearTimeout(stroke);
      stroke = setTimeout(() => saved(id), strokes);
    });
    watcher.on('error', (error) => context.log.error({ err: error, lab: id }, 'changes of this lab are no longer seen'));
    signal.addEventListener('abort', () => clearTimeout(stroke), { once: true });
  }
}

async function reload(context: Context, id: string): Promise<void> {
  const { settings, course, store, log } = context;
  const lab = loadLab(settings.course, id);
  await loadGrader({ root: settings.root, folder: lab.folder, tasks: lab.file.tasks });
  const known: CourseLab | undefined = Object.hasOwn(course.labs, id) ? course.labs[id] : undefined;
  if (known === undefined) return; // A lab that is new to the course comes with its lesson, at the next start.
  Object.assign(known, lab);
  const open = (await store.sessions.listLive()).filter((session) => session.lab === id && session.state === 'ready');
  for (const session of open) await takeUp(context, session);
  log.info({ lab: id, open: open.length }, 'the grader was loaded anew');
}

/** Goes on with a lab that stands, by its grader as it is now, and tells what is said otherwise. */
async function takeUp(context: Context, session: LabSession): Promise<void> {
  const { store, watches, live } = context;
  const before = await watches.get(session.id);
  if (before === undefined) return;
  await watches.end(session.id);
  const watch = await watches.begin(session, before.access);
  const told = new Map((await store.attempts.latest(session.id, session.epoch)).map(({ task, verdict }) => [task, verdict]));
  const graded = await gradeWatched(context, session, watch, undefined, AbortSignal.timeout(judgeMilliseconds));
  for (const one of graded) {
    const last = told.get(one.task.id);
    // What turned is told by live judging; here, what is put in other words.
    if (last?.status !== one.verdict.status || JSON.stringify(last) === JSON.stringify(one.verdict)) continue;
    await storeGraded(context, session, watch, one, 'turn');
  }
  live.changed(session.id);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
