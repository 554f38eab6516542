import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CourseLab, loadCourse } from '#runtime/course.ts';
import { type LoadedGrader, loadGrader } from '#runtime/grade/load-grader.ts';
import type { Settings } from '#runtime/settings.ts';
import { tryHoldFolder } from '#store/only-one.ts';
import { openStore } from '#store/open.ts';
import { type Store, StoreError } from '#store/port.ts';
import type { Context, Run } from './commands.ts';
import { CommandFailure, inWords } from './failure.ts';
import { type Progress, progressOn } from './progress.ts';
import { rejudger } from './regrade/rejudge.ts';
import { counted, gradeLines, sum, tallyLines } from './regrade/report.ts';
import { type Tally, tallying } from './regrade/tally.ts';
import { type Written, writeRevisions } from './regrade/write.ts';
import { runningIn } from './running.ts';
import { settingsFor } from './settings.ts';

/** Something went wrong that is neither a difference nor the command line. */
const couldNot = 3;

/**
 * Judges every attempt of a lab again with its grader as it is on disk, and tells what would change; `--write` then keeps the new
 * verdicts beside the old. Exit 0 when nothing differs or it is written, 1 when differences are not written.
 */
export const run: Run = async (args, context) => {
  const settings = settingsFor(args, context);
  const lab = labNamed(settings, args.words[0] ?? '');
  const grader = await graderOf(settings, lab);
  const report = args.on('json') ? null : (line: string) => void process.stdout.write(`${line}\n`);
  const progress = progressOn(process.stderr);
  const held = tryHoldFolder(settings.data);
  try {
    const outcome = await regrade({
      settings,
      lab,
      grader,
      mayWrite: args.on('write'),
      isAlone: held !== null,
      report,
      progress,
      ...context,
    });
    if (args.on('json')) process.stdout.write(`${JSON.stringify({ lab: lab.id, graderVersion: grader.version, ...outcome }, null, 2)}\n`);
    return outcome.differences.length === 0 || outcome.written !== null ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandFailure(error.message, { exitCode: couldNot, cause: error });
  } finally {
    held?.release();
  }
};

interface Regrade extends Context {
  settings: Settings;
  lab: CourseLab;
  grader: LoadedGrader;
  mayWrite: boolean;
  /** Whether no other process works with the data folder. */
  isAlone: boolean;
  report: ((line: string) => void) | null;
  progress: Progress;
}

async function regrade(options: Regrade): Promise<Tally & { written: Written | null }> {
  const { settings, lab, isAlone, mayWrite, report, progress, signal } = options;
  if (settings.databaseUrl === undefined && !existsSync(join(settings.data, 'slipway.db'))) {
    report?.(`There are no results in ${settings.data}.`);
    return { ...tallying().result(), written: null };
  }
  const store = await openStore({ folder: settings.data, url: settings.databaseUrl, signal, asItIs: !isAlone, report: progress.say });
  try {
    const tally = await progress.phase(`judging the attempts of ${lab.id} again`, (detail) => tallied(store, options, detail));
    for (const line of tallyLines(tally)) report?.(line);
    const differing = sum(tally.differences.map(({ attempts }) => attempts));
    if (differing === 0) return { ...tally, written: null };
    if (!isAlone) (report ?? progress.say)(whyNot(settings, lab.id, mayWrite));
    else if (!mayWrite) report?.(`Nothing was written. ./slipway regrade ${lab.id} --write writes it.`);
    if (!isAlone || !mayWrite) return { ...tally, written: null };
    const written = await progress.phase(`writing ${counted(differing, 'verdict')}`, (detail) => write(store, options, differing, detail));
    report?.(`${counted(written.attempts, 'attempt')} judged anew by grader ${options.grader.version}; the old verdicts stay on record.`);
    for (const line of gradeLines(written.grades)) report?.(line);
    return { ...tally, written };
  } finally {
    await store.close();
  }
}

async function tallied(store: Store, { lab, grader, signal }: Regrade, detail: (text: string) => void): Promise<Tally> {
  const rejudge = rejudger(grader.tasks);
  const tally = tallying();
  let count = 0;
  for await (const attempt of store.attempts.each({ lab: lab.id })) {
    signal.throwIfAborted();
    tally.count(attempt, rejudge(attempt));
    count += 1;
    if (count % 100 === 0) detail(counted(count, 'attempt'));
  }
  return tally.result();
}

function write(store: Store, { lab, grader, signal }: Regrade, of: number, detail: (text: string) => void): Promise<Written> {
  const report = (written: number) => detail(`${written} of ${of}`);
  return writeRevisions({ store, lab: lab.id, grader, at: new Date().toISOString(), signal, report });
}

/** Said instead of writing while another process works with the data folder. */
function whyNot({ data }: Settings, lab: string, asked: boolean): string {
  const running = runningIn(data);
  const who =
    running === null
      ? `another Slipway works with ${data}`
      : `the site runs${running.url ? ` at ${running.url}` : ''} (process ${running.pid})`;
  return `Nothing was written: ${who}, and judges on with the grader that it loaded when it started.
Stop it (Ctrl-C where it runs; the labs stay, and the next start finds them), run ./slipway regrade ${lab} --write${asked ? ' again' : ''}, and start it anew.`;
}

function labNamed(settings: Settings, id: string): CourseLab {
  const { labs } = loadCourse(settings.course);
  const lab = Object.hasOwn(labs, id) ? labs[id] : undefined;
  if (lab !== undefined) return lab;
  throw new CommandFailure(`there is no lab "${id}"`, { advice: `Labs: ${Object.keys(labs).join(', ')}.`, exitCode: 2 });
}

async function graderOf({ root }: Settings, { folder, file }: CourseLab): Promise<LoadedGrader> {
  try {
    return await loadGrader({ root, folder, tasks: file.tasks });
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : inWords(cause), { exitCode: couldNot, cause });
  }
}
