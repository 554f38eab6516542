import type { z } from 'zod';
import type { Finding } from './verdict.ts';

type Json = z.core.util.JSONType;
export type Params = Readonly<Record<string, Json>>;

/** What is said about one code. `{name}` stands for a parameter. None of it may contain the answer. */
export interface Words {
  seen: string;
  needed: string;
  /** Why it matters. */
  why: string;
  /** Where a learner can see it for themselves. */
  lookAt: string;
}
export type WordTable = Readonly<Record<string, Words>>;

/** A finding before it has words: what a schema or a rule of a grader reports. */
export interface Reason {
  readonly code: string;
  readonly params: Params;
  readonly path?: readonly (string | number)[];
}

/**
 * Turns a lab's table of words into the function its schemas name reasons with; a code without words does not compile.
 * `translations` are tables of the same codes in other languages, by BCP 47 tag; what one lacks is told in the lab's own words.
 */
export function reasons<const Table extends WordTable>(
  words: Table,
  translations: Readonly<Record<string, { readonly [Code in keyof Table]?: Words }>> = {},
) {
  const because = (code: keyof Table & string, params: Params = {}, path?: readonly (string | number)[]): Reason =>
    path === undefined ? { code, params } : { code, params, path };
  return Object.assign(because, { words: words as WordTable, translations: translations as Readonly<Record<string, WordTable>> });
}

/** Codes that any task can end in. */
const general: WordTable = {
  'observation.failed': {
    seen: '{observation} could not be read: {reason}',
    needed: 'The grader must be able to look before it can judge.',
    why: 'Nothing was held against you: a check that cannot look says so instead of guessing.',
    lookAt: 'Whether the API server answers, and whether the roles named slipway are still as they were.',
  },
  'trial.failed': {
    seen: '{observation} could not be tried: {reason}',
    needed: 'The trial must be made before it can be judged.',
    why: 'Nothing was held against you: a check that cannot try says so instead of guessing.',
    lookAt: 'Whether the API server answers, what its webhooks refuse, and whether the roles named slipway are still as they were.',
  },
  'evidence.unreadable': {
    seen: 'The evidence for {observation} does not have the form this grader reads.',
    needed: 'Evidence recorded for this version of the grader.',
    why: 'A verdict is only made from what was seen.',
    lookAt: 'Press Check again.',
  },
  'trial.left': {
    seen: 'A trial of ours could not be taken back yet, and hides what {witness} has seen since.',
    needed: 'The trial must be taken back before this can be judged.',
    why: 'Nothing was held against you: what a trial does to the lab is not your work.',
    lookAt: 'Whether the API server answers, and what its webhooks refuse. Then press Check again.',
  },
  'trial.waiting': {
    seen: 'All that can be seen from outside is as it should be.',
    needed: 'A trial, which Slipway makes when you press Check.',
    why: 'Some things show only when something is done to them.',
    lookAt: 'Press Check.',
  },
  'task.unmet': {
    seen: 'At {path}: {seen}.',
    needed: '{expected}',
    why: 'The task asks for it.',
    lookAt: 'The object that holds this field.',
  },
};

/** The one place where a reason becomes sentences. What it is told with is kept in a form short enough to store. */
export function worded({ code, params, path = [] }: Reason, words: WordTable): Finding {
  if (wordsFor(code, words) === undefined) throw new Error(`no words for the code ${code}`);
  const kept = Object.entries(params).slice(0, mostParams);
  const finding = {
    code,
    params: Object.fromEntries(kept.map(([name, value]) => [name, keepable(value)])),
    path: readable(path.join('.')),
    seen: '',
    needed: '',
    why: '',
    lookAt: '',
  };
  return reworded(finding, words);
}

/** A stored finding told in another table's words, e.g. a translation, from its code and parameters. Unchanged where that has none. */
export function reworded(finding: Finding, words: WordTable): Finding {
  const table = wordsFor(finding.code, words);
  if (table === undefined) return finding;
  const param = (name: string) => (Object.hasOwn(finding.params, name) ? finding.params[name] : null);
  const fill = (template: string) => template.replaceAll(/\{(\w+)\}/g, (_, name: string) => readable(param(name)));
  return { ...finding, seen: fill(table.seen), needed: fill(table.needed), why: fill(table.why), lookAt: fill(table.lookAt) };
}

const wordsFor = (code: string, words: WordTable): Words | undefined =>
  Object.hasOwn(words, code) ? words[code] : Object.hasOwn(general, code) ? general[code] : undefined;

const longest = 160;
const mostParams = 20;

const keepable = (value: Json): Json =>
  typeof value === 'string' || (typeof value === 'object' && value !== null) ? readable(value) : value;

/**
 * A value as text for a sentence: on one line, well-formed, without control or direction characters, and cut where it grows long.
 * Of a large value only as much is read as is told.
 */
export function readable(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value.slice(0, 8 * longest) : sketch(value, 8 * longest);
  const flat = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return flat.length > longest ? `${flat.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…` : flat;
}

/** JSON, given up after about `budget` characters; a list of words and numbers reads as one. */
function sketch(value: unknown, budget: number): string {
  if (Array.isArray(value) && value.length > 0 && value.slice(0, budget).every(isPlain)) {
    return joined(value, ', ', (one) => (typeof one === 'string' ? one.slice(0, budget) : String(one)), budget);
  }
  return json(value, budget);
}

const isPlain = (value: unknown) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function json(value: unknown, budget: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, budget));
  if (Array.isArray(value)) return `[${joined(value, ',', (one, left) => json(one, left), budget)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const field = (key: string, left: number) =>
    `${JSON.stringify(key.slice(0, left))}:${json((value as Record<string, unknown>)[key], left)}`;
  return `{${joined(Object.keys(value), ',', field, budget)}}`;
}

function joined<One>(all: readonly One[], by: string, text: (one: One, left: number) => string, budget: number): string {
  let out = '';
  for (const one of all) {
    if (out.length >= budget) return `${out}…`;
    out += `${out === '' ? '' : by}${text(one, budget - out.length - 1)}`;
  }
  return out;
}
