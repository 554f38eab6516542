import type { LabAccess } from '#cluster/port.ts';
import { type Clock, rest } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { loadGrader } from './grade/load-grader.ts';
import { type Judging, judgeIn } from './prove/judging.ts';

/** What a lab is when its learner arrives: how its tasks judge, and which objects are there. */
export interface Beginning {
  /** A line a task. */
  verdicts: readonly string[];
  /** What nothing but the lab's set-up, or the cluster itself, made: `RESOURCE NAMESPACE/NAME`. */
  objects: readonly string[];
}

/** For how long a lab may take to look like its beginning, in milliseconds: kubelet and controllers take their time. */
const patience = 60_000;
const pace = 2_000;
/** Named anew in every cluster, or come and go. */
const passing = /^(?:events|leases|certificatesigningrequests)\b|\/bootstrap-token-/;

/** The beginning of a lab in which nobody has worked, once it stays as it is. */
export async function beginningOf(
  context: Context,
  clock: Clock,
  course: CourseLab,
  access: LabAccess,
  signal: AbortSignal,
): Promise<Beginning> {
  let before: Beginning | null = null;
  return await judging(context, course, access, signal, (judge) =>
    patiently(judge, clock, signal, (now) => {
      const isStill = before !== null && differences(before, now).length === 0;
      before = now;
      return isStill;
    }),
  );
}

/** What is not as in the beginning of another lab of the same kind, a sentence each; empty as soon as it is alike. */
export async function unlike(
  context: Context,
  clock: Clock,
  course: CourseLab,
  { access, beginning }: { access: LabAccess; beginning: Beginning },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isAlike = (now: Beginning) => differences(beginning, now).length === 0;
  return differences(beginning, await judging(context, course, access, signal, (judge) => patiently(judge, clock, signal, isAlike)));
}

/** Looks until it is as it should be, or the time is up; then the last look is answered, or why there was none. */
async function patiently(judge: Judging, clock: Clock, signal: AbortSignal, isGood: (seen: Beginning) => boolean): Promise<Beginning> {
  const until = clock.now() + patience;
  for (;;) {
    const isLast = clock.now() > until;
    try {
      const seen = await look(judge);
      if (isGood(seen) || isLast) return seen;
    } catch (error) {
      // A busy machine answers late; what is wrong for good is so at the end.
      if (isLast || signal.aborted) throw error;
    }
    await rest(clock, pace, signal);
    signal.throwIfAborted();
  }
}

async function judging<T>(
  { provider, settings }: Context,
  { folder, file }: CourseLab,
  access: LabAccess,
  signal: AbortSignal,
  work: (judge: Judging) => Promise<T>,
): Promise<T> {
  const grader = await loadGrader({ root: settings.root, folder, tasks: file.tasks });
  const judge = judgeIn({ provider, grader, asked: file.tasks, signal }, access);
  try {
    return await work(judge);
  } finally {
    await judge.close();
  }
}

async function look(judge: Judging): Promise<Beginning> {
  const graded = await judge.grade({ trials: false });
  const all = await judge.belongings();
  return {
    verdicts: graded.map(({ task, verdict }) => {
      const codes = verdict.findings.map(({ code }) => code).sort();
      return `${task.id}: ${verdict.status === 'not-yet' ? 'wrong' : verdict.status} ${codes.join(' ')}`;
    }),
    objects: [...all]
      .filter(
        ([name, { metadata }]) =>
          !passing.test(name.replace(/^[^:]*: /, '')) && !metadata.ownerReferences.some((owner) => owner.controller),
      )
      .map(([name]) => name),
  };
}

function differences(expected: Beginning, seen: Beginning): string[] {
  const there = new Set(seen.objects);
  return [
    ...expected.verdicts.flatMap((line, index) => (line === seen.verdicts[index] ? [] : [`${seen.verdicts[index]} (expected ${line})`])),
    ...expected.objects.filter((name) => !there.has(name)).map((name) => `${name} is not there`),
  ];
}
