/** An entry of a witness's journal. */
export type Entry<Value> = { seq: number; at: string } & ({ kind: 'seen'; value: Value } | { kind: 'gap'; value: unknown });

/** What several witnesses had seen at one time, each its latest; null as long as it had seen nothing. */
export type Moment<Values> = { at: string } & { [Name in keyof Values]: Values[Name] | null };

/** The journals of several witnesses as one story: a moment whenever one of them saw something new, oldest first. */
export function moments<Values extends Record<string, unknown>>(
  journals: { [Name in keyof Values]: readonly Entry<Values[Name]>[] },
): Moment<Values>[] {
  const names = Object.keys(journals) as (keyof Values & string)[];
  const entries = names
    .flatMap((name) => journals[name].flatMap((entry) => (entry.kind === 'seen' ? [{ ...entry, name }] : [])))
    .sort((a, b) => a.seq - b.seq);
  let latest = Object.fromEntries(names.map((name) => [name, null])) as { [Name in keyof Values]: Values[Name] | null };
  const story: Moment<Values>[] = [];
  for (const { at, name, value } of entries) {
    latest = { ...latest, [name]: value };
    if (story.at(-1)?.at === at) story.pop();
    story.push({ ...latest, at });
  }
  return story;
}
