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

/** Turns a lab's table of words into the function its schemas name reasons with; a code without words does not compile. */
export function reasons<const Table extends WordTable>(words: Table) {
  const because = (code: keyof Table & string, params: Params = {}, path?: readonly (string | number)[]): Reason =>
    path === undefined ? { code, params } : { code, params, path };
  return Object.assign(because, { words: words as WordTable });
}

/** Codes that any task can end in. */
const general: WordTable = {
  'observation.failed': {
    seen: '{observation} could not be read: {reason}',
    needed: 'The grader must be able to look before it can judge.',
    why: 'Nothing was held against you: a check that cannot look says so instead of guessing.',
    lookAt: 'Whether the API server answers, and whether the roles named slipway are still as they were.',
  },
  'evidence.unreadable': {
    seen: 'The evidence for {observation} does not have the form this grader reads.',
    needed: 'Evidence recorded for this version of the grader.',
    why: 'A verdict is only made from what was seen.',
    lookAt: 'Press Check again.',
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

/** The one place where a reason becomes sentences. */
export function worded({ code, params, path = [] }: Reason, words: WordTable): Finding {
  const table = words[code] ?? general[code];
  if (table === undefined) throw new Error(`no words for the code ${code}`);
  const fill = (template: string) => template.replaceAll(/\{(\w+)\}/g, (_, name: string) => readable(params[name]));
  return {
    code,
    params: { ...params },
    path: path.join('.'),
    seen: fill(table.seen),
    needed: fill(table.needed),
    why: fill(table.why),
    lookAt: fill(table.lookAt),
  };
}

const longest = 160;

/** A value as text for a sentence: on one line, without control or direction characters, and cut where it grows long. */
export function readable(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const flat = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return flat.length > longest ? `${flat.slice(0, longest - 1)}…` : flat;
}
