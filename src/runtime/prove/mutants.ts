import { z } from 'zod';
import type { Evidence, Observed } from '#grading/evidence.ts';
import { type GradedTask, journalName, passedName } from '#grading/grader.ts';
import { judge } from '#grading/judge.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { Fixture } from './fixture.ts';
import { type Json, type Path, patternOf, replaced, type Spoiled, spoil } from './spoil.ts';

/** One piece of recorded evidence, spoilt in one place. */
export interface Mutant {
  fixture: string;
  /** Tasks that passed and read it. */
  task: string;
  path: string;
  kind: string;
  was: Json;
  now: Json;
}

/** A mutant, and what came of judging it. */
export interface Judged extends Mutant {
  /** What was observed, across tasks and fixtures. */
  source: string;
  pattern: string;
  /** A task that passed passes no more. */
  noticed: boolean;
  /** Not noticed, and nobody notices either when the elements of a list that it lies in are gone. */
  unneeded: boolean;
}

/** What came of a mutant where it was judged by tasks that did not pass anyway. */
export interface Told {
  source: string;
  pattern: string;
  kind: string;
  /** The status is another. */
  flipped: boolean;
  /** The status or the codes of its findings are others. */
  turned: boolean;
  reworded: boolean;
}

/** A task as it was judged in a fixture, from its evidence without the note that it once passed. */
interface Case {
  task: GradedTask;
  evidence: Evidence;
  verdict: Verdict;
}

/** One value in the evidence of a case, and how it is written back. */
interface Source extends Case {
  id: string;
  label: string;
  value: Json;
  schema: z.ZodType;
  into: (value: Json) => Evidence;
}

/** Spoils the evidence of a fixture in every place and judges it anew. `told` hears of each verdict. */
export function judgeMutants(
  tasks: readonly GradedTask[],
  fixture: string,
  { evidence }: Fixture,
  told: (verdict: Verdict) => void,
): { judged: Judged[]; elsewhere: Told[] } {
  const cases = evidence.flatMap((one) => {
    const task = tasks.find(({ id }) => id === one.task);
    return task ? [caseOf(task, one)] : [];
  });
  const sources = cases.flatMap((one) => [...observedIn(one), ...triedIn(one), ...journalIn(one)]);
  const judged: Judged[] = [];
  const elsewhere: Told[] = [];
  for (const id of new Set(sources.map((source) => source.id))) {
    const seen = new Set<string>();
    for (const { path, kind, was, now, places, holders } of spoilt(sources.filter((source) => source.id === id))) {
      const after = holders.map(({ source, value }) => ({ source, verdict: judge(source.task, source.into(value)) }));
      for (const { verdict } of after) told(verdict);
      const passing = after.filter(({ source }) => source.verdict.status === 'passed');
      const failing = after.filter(({ source }) => source.verdict.status !== 'passed');
      const [first] = after;
      if (first === undefined) continue;
      const pattern = `${first.source.label}${path.length > 0 ? '.' : ''}${patternOf(path)}`;
      const changes = JSON.stringify(holders.map(({ value }) => value));
      if (passing.length > 0 && !seen.has(changes)) {
        seen.add(changes);
        const noticed = passing.some(({ verdict }) => verdict.status !== 'passed');
        const task = passing.map(({ source }) => source.task.id).join(', ');
        const unneeded =
          !noticed &&
          isUnneeded(
            passing.map(({ source }) => source),
            places,
          );
        const where = [first.source.label, ...path].join('.');
        judged.push({ fixture, task, path: where, kind, was, now: now ?? null, source: id, pattern, noticed, unneeded });
      }
      if (failing.length > 0) {
        const turned = failing.some(({ source, verdict }) => codesOf(verdict) !== codesOf(source.verdict));
        const reworded = failing.some(({ source, verdict }) => JSON.stringify(verdict) !== JSON.stringify(source.verdict));
        const flipped = failing.some(({ source, verdict }) => verdict.status !== source.verdict.status);
        elsewhere.push({ source: id, pattern, kind, flipped, turned, reworded });
      }
    }
  }
  return { judged, elsewhere };
}

function caseOf(task: GradedTask, recorded: Evidence): Case {
  const evidence = { ...recorded, journal: recorded.journal.filter(({ witness }) => witness !== passedName(task.id)) };
  return { task, evidence, verdict: judge(task, evidence) };
}

/** Whether the tasks still pass without the elements of a list that these places lie in, at some depth. */
function isUnneeded(sources: readonly Source[], places: readonly Path[]): boolean {
  const [one = []] = places;
  const depths = one.flatMap((step, index) => (typeof step === 'number' ? [index + 1] : []));
  return depths.some((depth) => {
    const elements = new Map(places.map((path) => [JSON.stringify(path.slice(0, depth)), path.slice(0, depth)]));
    const lastFirst = [...elements.values()].sort(backwards);
    return sources.every((source) => {
      const rest = lastFirst.reduce((value, element) => replaced(value, element, undefined), source.value);
      return source.schema.safeParse(rest).success && judge(source.task, source.into(rest)).status === 'passed';
    });
  });
}

/** Paths of one form by their places in lists, the last first, so that taking one away moves none of the others. */
function backwards(a: Path, b: Path): number {
  for (const [index, step] of a.entries()) {
    const other = b[index];
    if (typeof step === 'number' && typeof other === 'number' && step !== other) return other - step;
  }
  return 0;
}

const codesOf = ({ status, findings }: Verdict) => JSON.stringify([status, findings.map(({ code }) => code)]);

/** A way to spoil a value: where in it, and the whole value after. */
interface Way extends Spoiled {
  places: readonly Path[];
  value: Json;
}

/** The ways to spoil one observation, each in all the tasks that made it; only what could have been observed so. */
function* spoilt(sources: readonly Source[]) {
  const ways = new Map<string, Way & { holders: { source: Source; value: Json }[] }>();
  for (const source of sources) {
    for (const way of source.id.startsWith('journal ') ? spoilJournal(source) : spoilValue(source)) {
      const parsed = source.schema.safeParse(way.value);
      if (!parsed.success || JSON.stringify(parsed.data) === JSON.stringify(source.value)) continue;
      const key = JSON.stringify([way.path, way.kind, way.was, way.now]);
      const known = ways.get(key) ?? { ...way, holders: [] };
      known.holders.push({ source, value: parsed.data as Json });
      ways.set(key, known);
    }
  }
  yield* ways.values();
}

function* spoilValue({ value }: Source): Generator<Way> {
  for (const way of spoil(value)) yield { ...way, places: [way.path], value: replaced(value, way.path, way.now) };
}

/** A journal repeats what stays as it is, so a value in it is spoilt in all entries at once; and its entries as a whole. */
function* spoilJournal({ value }: Source): Generator<Way> {
  const entries = value as Json[];
  const ways = new Map<string, Spoiled & { places: Path[] }>();
  for (const [index, entry] of entries.entries()) {
    for (const way of spoil(entry, ['*'])) {
      const key = JSON.stringify([patternOf(way.path), way.kind, way.was, way.now]);
      const known = ways.get(key) ?? { ...way, path: [patternOf(way.path)], places: [] };
      known.places.push([index, ...way.path.slice(1)]);
      ways.set(key, known);
    }
  }
  for (const way of ways.values()) {
    const lastFirst = way.places.toSorted(backwards);
    yield { ...way, value: lastFirst.reduce((spoilt, place) => replaced(spoilt, place, way.now), value) };
  }
  const whole = (kind: string, now: Json[]): Way => {
    return { path: [], places: [], kind, was: `${entries.length} entries`, now: `${now.length} entries`, value: now };
  };
  if (entries.length > 0) yield whole('nothing seen', []);
  if (entries.length > 1) yield whole('only the first half seen', entries.slice(0, Math.floor(entries.length / 2)));
  if (entries.length > 1) yield whole('seen in another order', entries.toReversed());
}

function observedIn(one: Case): Source[] {
  return Object.entries(one.task.observe).flatMap(([name, { request, value: schema, decides }]) => {
    const seen = one.evidence.observed[name];
    const value = decides && isExpected(one.task, name) ? asRead(seen, schema) : undefined;
    if (value === undefined) return [];
    const into = (value: Json) => ({ ...one.evidence, observed: { ...one.evidence.observed, [name]: { ok: true as const, value } } });
    return [{ ...one, id: `observed ${JSON.stringify(request)}`, label: name, value, schema, into }];
  });
}

/** A value as the schema of this grader reads it: one recorded for an earlier grader may hold more. */
function asRead(seen: Observed | undefined, schema: z.ZodType): Json | undefined {
  return seen?.ok ? (schema.safeParse(seen.value).data as Json | undefined) : undefined;
}

/** Whether `expect` has a say on a value, be it before the trial or after it. What only `settling` reads decides nothing. */
function isExpected({ expect, trial }: GradedTask, name: string): boolean {
  return [expect, trial?.expect].some((schema) => schema !== undefined && (!(schema instanceof z.ZodObject) || name in schema.shape));
}

function triedIn(one: Case): Source[] {
  const { trials } = one.evidence;
  return Object.entries(one.task.trial?.observe ?? {}).flatMap(([name, { value: schema }]) => {
    const value = asRead(trials?.[name], schema);
    if (value === undefined) return [];
    const into = (value: Json) => ({ ...one.evidence, trials: { ...trials, [name]: { ok: true as const, value } } });
    return [{ ...one, id: `trial ${one.task.id}.${name}`, label: `trial.${name}`, value, schema, into }];
  });
}

function journalIn(one: Case): Source[] {
  return Object.entries(one.task.witness).flatMap(([name, { value: schema }]) => {
    const own = journalName(one.task.id, name);
    const isOwn = ({ witness, kind }: Evidence['journal'][number]) => witness === own && kind === 'seen';
    const entries = one.evidence.journal.filter(isOwn);
    const value = asRead({ ok: true, value: entries.map((entry) => entry.value) }, schema.array());
    if (entries.length === 0 || value === undefined || !isExpected(one.task, name)) return [];
    const into = (value: Json) => {
      const values = value as Json[];
      let next = 0;
      const journal = one.evidence.journal.flatMap((entry) => {
        if (!isOwn(entry)) return [entry];
        const seen = values[next++];
        return seen === undefined ? [] : [{ ...entry, value: seen }];
      });
      return { ...one.evidence, journal };
    };
    return [{ ...one, id: `journal ${own}`, label: `journal.${name}`, value, schema: schema.array(), into }];
  });
}
