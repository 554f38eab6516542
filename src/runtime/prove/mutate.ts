import type { GradedTask } from '#grading/grader.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { Fixture } from './fixture.ts';
import { type Judged, judgeMutants, type Mutant, type Told } from './mutants.ts';
import { type Excuse, excuses } from './mutants-file.ts';
import type { MutantCount } from './proof-file.ts';

type Aside = Mutant & { pattern: string; reason: string };

export interface Mutation {
  /** All that were made; `survivors`, `inert` and `excused` are part of them, the rest was noticed. */
  made: number;
  /** No task noticed, and one should have. */
  survivors: (Mutant & { pattern: string })[];
  /** No task can notice, told by how all the others were judged (`docs/authoring.md`). */
  inert: Aside[];
  /** Excused by the lab's `mutants.yaml`. */
  excused: Aside[];
  /** Lines of `mutants.yaml` that excuse nothing. */
  idle: Excuse[];
}

/**
 * Alters the evidence of a lab's fixtures wherever a passing task reads, one place at a time, and judges it anew: a mutant survives
 * when every task that passed still does. Pure: no cluster, no clock.
 */
export function mutate(
  tasks: readonly GradedTask[],
  fixtures: Readonly<Record<string, Fixture>>,
  excused: readonly Excuse[] = [],
  told: (verdict: Verdict) => void = () => {},
): Mutation {
  const all = Object.entries(fixtures).map(([name, fixture]) => judgeMutants(tasks, name, fixture, told));
  const judged = all.flatMap((one) => one.judged);
  const whyInert = inertness(
    judged,
    all.flatMap((one) => one.elsewhere),
  );
  const mutation: Mutation = { made: judged.length, survivors: [], inert: [], excused: [], idle: [] };
  const used = new Set<Excuse>();
  for (const mutant of judged.filter(({ noticed }) => !noticed)) {
    const { fixture, task, path, pattern, kind, was, now } = mutant;
    const shown = { fixture, task, path, pattern, kind, was, now };
    const reason = whyInert(mutant);
    const excuse = excused.find((one) => excuses(one, mutant));
    if (excuse) used.add(excuse);
    if (reason !== null) mutation.inert.push({ ...shown, reason });
    else if (excuse) mutation.excused.push({ ...shown, reason: excuse.reason });
    else mutation.survivors.push(shown);
  }
  mutation.idle = excused.filter((one) => !used.has(one));
  return mutation;
}

export const countMutants = ({ made, survivors, inert, excused }: Mutation): MutantCount => ({
  made,
  survived: survivors.length,
  inert: inert.length,
  excused: excused.length,
});

/** The share that survived of those that somebody had to notice. */
export function survivedShare({ made, survived, inert, excused }: MutantCount): number {
  const counted = made - inert - excused;
  return counted > 0 ? survived / counted : 0;
}

/** Why a mutant that nobody noticed cannot matter; null when it should have been noticed. */
function inertness(judged: readonly Judged[], elsewhere: readonly Told[]): (mutant: Judged) => string | null {
  const place = ({ source, pattern }: { source: string; pattern: string }) => `${source} ${pattern}`;
  const noticed = judged.filter((one) => one.noticed);
  const noticedPlaces = new Set(noticed.map(place));
  const noticedWays = new Set(noticed.map((one) => `${place(one)} ${one.kind}`));
  const flippedWays = new Set(elsewhere.filter((one) => one.flipped).map((one) => `${place(one)} ${one.kind}`));
  const turned = new Set(elsewhere.filter((one) => one.turned).map(place));
  const reworded = new Set(elsewhere.filter((one) => one.reworded).map(place));

  return (mutant) => {
    if (mutant.unneeded && noticedWays.has(`${place(mutant)} ${mutant.kind}`)) {
      return 'the task does without this one of the list; the same in another one is noticed';
    }
    if (flippedWays.has(`${place(mutant)} ${mutant.kind}`)) return 'it turns the verdict on an answer that fails';
    const twin = twinOf(mutant.pattern);
    if (twin !== null && noticedPlaces.has(`${mutant.source} ${twin}`))
      return 'name and uid name the same pod or object; the other one is noticed';
    const isText = typeof mutant.was === 'string' && mutant.kind !== 'missing key';
    if (isText && !noticedPlaces.has(place(mutant)) && !turned.has(place(mutant)) && reworded.has(place(mutant))) {
      return 'only the words of findings change';
    }
    if (whyWaiting.test(mutant.pattern)) return 'it says why a pod waits, for words and for telling a stuck rollout from one at work';
    return null;
  };
}

/** What `Pod` of `#grading` keeps for `stuck` and `rolling`. */
const whyWaiting =
  /\.status\.(conditions\.\*\.(reason|message)|(initC|c)ontainerStatuses(\.\*(\.state(\.waiting(\.(reason|message))?)?)?)?)$/;

/** The field that names the same thing: an object's `uid` for its `name`, a pod's `uid` for its `pod`, and the other way round. */
function twinOf(pattern: string): string | null {
  if (/(^|\.)metadata\.name$/.test(pattern)) return pattern.replace(/name$/, 'uid');
  if (/(^|\.)metadata\.uid$/.test(pattern)) return pattern.replace(/uid$/, 'name');
  if (/(^|\.)pod$/.test(pattern)) return pattern.replace(/pod$/, 'uid');
  if (/(^|\.)uid$/.test(pattern)) return pattern.replace(/uid$/, 'pod');
  return null;
}
