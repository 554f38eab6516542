import { z } from 'zod';
import { StoreError } from './port.ts';

/** A text column that holds JSON of any shape: what `JSON.parse` answers needs no second look. */
export const anyJson = z.string().transform(parse);

/** A text column that holds JSON of this shape. */
export function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => parse(text, context))
    .pipe(schema);
}

function parse(text: string, context: z.core.$RefinementCtx<string>): z.core.util.JSONType {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.issues.push({ code: 'custom', input: text, message: `not JSON: ${String(error)}` });
    return z.NEVER;
  }
}

/** Rows as the port promises them; throws `StoreError` naming table and column when one is not what we wrote. */
export function parseRows<Schema extends z.ZodType>(table: string, schema: Schema, rows: readonly unknown[]): z.infer<Schema>[] {
  return rows.map((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    throw new StoreError('failed', `A row of table ${table} cannot be read:\n${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  });
}

export function parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: unknown): z.infer<Schema> | null {
  return row === undefined ? null : (parseRows(table, schema, [row])[0] ?? null);
}

/** One form for all times, so that they sort as text. */
export function isoTime(time: string | Date): string {
  return new Date(time).toISOString();
}
