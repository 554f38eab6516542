import { z } from 'zod';
import type { Reason } from './wording.ts';

/** The key under which an issue's `params` carries its reason. */
const key = 'slipway';

/** The reason a schema or rule gave for an issue, if it gave one. */
export function reasonIn(issue: z.core.$ZodIssue): Reason | undefined {
  return issue.code === 'custom' ? (issue.params?.[key] as Reason | undefined) : undefined;
}

/**
 * The same schema, failing for this reason. It speaks for the value itself, not for its fields: in
 * `needs(z.object({ a: needs(…, A) }), absent)` the reason is `absent` when there is no object, and A when its `a` is wrong.
 */
export function needs<Schema extends z.ZodType>(
  schema: Schema,
  reason: Reason | ((value: unknown) => Reason),
): z.ZodType<z.output<Schema>, z.input<Schema>> {
  const checked = z.unknown().transform((value, context): z.output<Schema> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const own = issue.path.length === 0 ? (typeof reason === 'function' ? reason(value) : reason) : undefined;
      const params = { [key]: reasonIn(issue) ?? own };
      context.issues.push({ code: 'custom', input: value, path: [...issue.path], message: issue.message, params });
    }
    return z.NEVER;
  });
  return checked as unknown as z.ZodType<z.output<Schema>, z.input<Schema>>;
}

/**
 * For `.check(…)`: a rule over one value or over several together, which answers with what it has against them.
 * Like any check of Zod it is asked when the schema and the rules before it are content, so findings come first things first.
 */
export function rule<Value>(find: (value: Value) => Iterable<Reason>): z.core.CheckFn<Value> {
  return (payload) => {
    for (const reason of find(payload.value)) {
      payload.issues.push({ code: 'custom', input: payload.value, path: [...(reason.path ?? [])], params: { [key]: reason } });
    }
  };
}
