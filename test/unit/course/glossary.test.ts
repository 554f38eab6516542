import { expect, test } from 'vitest';
import { GlossaryFile, glossaryEntries, glossaryFaults, termFaults, termId } from '#course/glossary.ts';

const definition = 'Something that is explained here.';
const glossary = GlossaryFile.parse({
  terms: [
    { term: 'Volume', definition, aliases: ['PV'], lessons: ['04-state-inside'] },
    { term: 'claim', definition },
  ],
});
const source = (terms: unknown[]) => ({
  file: 'g.yaml',
  glossary: GlossaryFile.parse({ terms }),
  lineOf: (path: readonly PropertyKey[]) => path.length,
});
const lesson = (text: string) => ({ id: '01-a', file: 'a.mdx', text, frontmatter: null, lineOf: () => 1 });

test('a term is called by its words in small letters', () => {
  expect(['Persistent volume', 'etcd', ' TLS / certificate '].map(termId)).toEqual(['persistent-volume', 'etcd', 'tls-certificate']);
});

test('terms are looked up by the alphabet, whatever their case', () => {
  expect(glossaryEntries(glossary).map(({ id }) => id)).toEqual(['claim', 'volume']);
});

test('a name that leads to two terms, and a lesson the course does not list, are faults', () => {
  const faults = glossaryFaults(
    source([
      { term: 'Volume', definition, aliases: ['PV'] },
      { term: 'PV', definition, lessons: ['09-none'] },
    ]),
    ['01-a'],
  );
  expect(faults.map(({ message }) => message)).toEqual(['`PV` already leads to "Volume"', 'the course lists no lesson `09-none`']);
});

test('a lesson may only use terms that the glossary has', () => {
  const text = 'A <Term id="claim">claim</Term> and\na <Term id="clam" />, not `<Term id="x" />`.';
  expect(termFaults(lesson(text), glossary)).toEqual([
    { file: 'a.mdx', line: 2, message: 'term `clam`: content/glossary.yaml has no such term' },
  ]);
  expect(termFaults(lesson(text), null).map(({ message }) => message)).toContain('term `claim`: there is no content/glossary.yaml');
});
