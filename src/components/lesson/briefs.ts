import { getEntry } from 'astro:content';
import { z } from 'zod';

const Briefs = z.object({ briefs: z.record(z.string(), z.string()) });

/** The briefs of a lab's tasks as HTML, by task id; `content.config.ts` renders them as it loads the lab. */
export async function taskBriefs(lab: string): Promise<Readonly<Record<string, string>>> {
  const entry = await getEntry('labs', lab);
  return entry === undefined ? {} : Briefs.parse(entry.data).briefs;
}
