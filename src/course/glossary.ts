import { z } from 'zod';
import type { LessonSource } from './contract.ts';
import { lessonId } from './course-file.ts';
import type { Fault, LineOf } from './fault.ts';
import { marksOf } from './marks.ts';

/** `content/glossary.yaml`: the words of the course, each explained in a sentence or two. */
export const GlossaryFile = z.strictObject({
  terms: z
    .array(
      z.strictObject({
        term: z.string().min(2).max(60),
        /** Plain text that can be read by itself. */
        definition: z.string().min(20).max(500),
        /** Other names it is met under, abbreviations too. */
        aliases: z.array(z.string().min(1).max(60)).default([]),
        /** The lessons that explain it. */
        lessons: z.array(lessonId).default([]),
      }),
    )
    .min(1),
});
export type GlossaryFile = z.infer<typeof GlossaryFile>;
export type GlossaryTerm = GlossaryFile['terms'][number];

/** What a term is called in `<Term id="…">` and in addresses: `persistent-volume` for "Persistent volume". */
export function termId(term: string): string {
  return term
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

export interface GlossaryEntry extends GlossaryTerm {
  id: string;
}

/** The terms as a reader looks them up: by the alphabet, whatever their case. */
export function glossaryEntries(glossary: GlossaryFile): GlossaryEntry[] {
  return glossary.terms
    .map((term) => ({ ...term, id: termId(term.term) }))
    .sort((a, b) => a.term.localeCompare(b.term, 'en', { sensitivity: 'base' }));
}

/** A glossary with the file it came from. */
export interface GlossarySource {
  file: string;
  glossary: GlossaryFile;
  lineOf: LineOf;
}

/** Terms explained twice, and lessons the course does not list. */
export function glossaryFaults({ file, glossary, lineOf }: GlossarySource, listed: readonly string[]): Fault[] {
  const names = new Map<string, string>();
  return glossary.terms.flatMap((entry, index) => {
    const found: Fault[] = [];
    const at = (path: PropertyKey[]) => lineOf(['terms', index, ...path]);
    for (const name of [entry.term, ...entry.aliases]) {
      const id = termId(name);
      const before = names.get(id);
      if (before === undefined) names.set(id, entry.term);
      else
        found.push({ file, line: at(name === entry.term ? ['term'] : ['aliases']), message: `\`${name}\` already leads to "${before}"` });
    }
    entry.lessons.forEach((lesson, place) => {
      if (listed.includes(lesson)) return;
      found.push({ file, line: at(['lessons', place]), message: `the course lists no lesson \`${lesson}\`` });
    });
    return found;
  });
}

/** `<Term>`s of a lesson that the glossary does not have. */
export function termFaults(lesson: LessonSource, glossary: GlossaryFile | null): Fault[] {
  const known = new Set(glossary?.terms.map((term) => termId(term.term)));
  return marksOf(lesson.text, 'Term').flatMap(({ id, line }) => {
    if (id === null) return [{ file: lesson.file, line, message: 'write the term as <Term id="…">, with its id as plain text' }];
    if (known.has(id)) return [];
    const missing = glossary === null ? 'there is no content/glossary.yaml' : 'content/glossary.yaml has no such term';
    return [{ file: lesson.file, line, message: `term \`${id}\`: ${missing}` }];
  });
}
