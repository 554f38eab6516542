import { z } from 'zod';

const lesson = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** Where in the course the reader was last. */
export const Place = z.strictObject({ lesson, at: z.iso.datetime() });
export type Place = z.infer<typeof Place>;

/** How far a lesson is read: `offset` pixels below the element with the id `anchor`; null is the top of the page. */
export const Scroll = z.strictObject({ anchor: z.string().max(200).nullable(), offset: z.number().min(-1e6).max(1e6) });
export type Scroll = z.infer<typeof Scroll>;

/** What stands in the answer fields of a lab, by field, handed in or not. */
export const Drafts = z.record(z.string().max(40), z.string().max(2_000));
export type Drafts = z.infer<typeof Drafts>;

const shell = z.int().min(1).max(4);
/** The tabs of a lab's terminal in their order, and the shell that is shown. */
export const Tabs = z
  .strictObject({ active: shell, tabs: z.array(z.strictObject({ shell, name: z.string().trim().min(1).max(40) })).max(4) })
  .refine(({ tabs }) => new Set(tabs.map((tab) => tab.shell)).size === tabs.length, {
    path: ['tabs'],
    error: 'two tabs have the same shell',
  });
export type Tabs = z.infer<typeof Tabs>;

/** Names that end with `:` are followed by the id of a lesson or lab. */
const schemas = { place: Place, 'scroll:': Scroll, 'drafts:': Drafts, 'tabs:': Tabs } as const;

/** Bytes a value may have as JSON. */
export const mostDeskBytes = 16 * 1024;

/** The schema of what is kept under a name: `place`, `scroll:LESSON`, `drafts:LAB`, `tabs:LAB`. Null for any other. */
export function deskSchema(name: string): (typeof schemas)[keyof typeof schemas] | null {
  const [, kind = '', of] = /^([a-z]+:?)(.*)$/.exec(name) ?? [];
  if (!Object.hasOwn(schemas, kind)) return null;
  const isWhole = kind.endsWith(':') ? lesson.safeParse(of).success : of === '';
  return isWhole ? schemas[kind as keyof typeof schemas] : null;
}

/** A kept value as its schema reads it; null when it is missing or of an earlier form. */
export function deskValue<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> | null {
  return schema.safeParse(value).data ?? null;
}
