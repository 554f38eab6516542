import type { z } from 'zod';
import type { Fault, LineOf } from './fault.ts';

export type Parsed<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

/** Parses what stood in `file`. The only place that words a Zod issue for an author: key, what is wrong, and the line. */
export function parseFile<S extends z.ZodType>(schema: S, input: unknown, file: string, lineOf: LineOf): Parsed<z.infer<S>> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, faults: result.error.issues.flatMap((issue) => faultsOf(issue, file, lineOf)) };
}

function faultsOf(issue: z.core.$ZodIssue, file: string, lineOf: LineOf): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { file, line: lineOf(path), message: `unknown key \`${keyPath(path)}\`` };
    });
  }
  const key = issue.path.length === 0 ? '' : `\`${keyPath(issue.path)}\`: `;
  return [{ file, line: lineOf(issue.path), message: `${key}${wording(issue)}` }];
}

function wording(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return /received undefined$/.test(issue.message)
        ? `is missing (${kinds[issue.expected] ?? issue.expected} is needed)`
        : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'string'
        ? `is too short: at least ${issue.minimum} characters`
        : issue.origin === 'array'
          ? `needs at least ${issue.minimum}`
          : `must be ${issue.minimum} or more`;
    case 'too_big':
      return issue.origin === 'string'
        ? `is too long: at most ${issue.maximum} characters`
        : issue.origin === 'array'
          ? `may have at most ${issue.maximum}`
          : `must be ${issue.maximum} or less`;
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a set of keys and values',
  record: 'a set of keys and values',
};

/** `tasks[1].points`, as an author would write it down. */
function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
}
