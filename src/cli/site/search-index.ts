import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { glossaryEntries } from '#course/glossary.ts';
import { loadCourse } from '#runtime/course.ts';

/** Where the lessons' plain text is rendered for the index; gone when the site is built. */
const texts = 'search-texts';
/** Pagefind's own interfaces, which the site does without. */
const unused = /^pagefind-(?:ui|modular-ui|component-ui|highlight)\./;

type Pagefind = typeof import('pagefind');

/** The search index of a course's lessons and glossary, made when its site is built, into `/pagefind` of the client's files. */
export function searchIndex(root: string): AstroIntegration {
  return {
    name: 'slipway-search-index',
    hooks: {
      'astro:config:setup': ({ command, injectRoute }) => {
        if (command !== 'build') return;
        const entrypoint = new URL('../../components/search/LessonText.astro', import.meta.url);
        injectRoute({ pattern: `/${texts}/[lesson]`, entrypoint, prerender: true });
      },
      'astro:build:done': async ({ dir, logger }) => {
        const client = fileURLToPath(dir);
        const from = join(client, texts);
        try {
          const pages = await indexCourse(root, from, join(client, 'pagefind'));
          logger.info(`${pages} lessons and terms can be searched`);
        } catch (error) {
          // Pagefind has no program for every platform. A site that says it cannot search is better than none.
          logger.warn(error instanceof Error ? error.message : String(error));
        } finally {
          rmSync(from, { recursive: true, force: true });
        }
      },
    },
  };
}

/** Indexes the rendered lessons in `from` and the course's glossary into `to`. Answers how many entries there are. */
async function indexCourse(root: string, from: string, to: string): Promise<number> {
  const pagefind: Pagefind = await import('pagefind');
  try {
    const { index, errors } = await pagefind.createIndex({ forceLanguage: 'en' });
    if (index === undefined) throw new Error(`the search index cannot be made: ${errors.join('; ')}`);
    const { lessons, glossary } = loadCourse(root);
    for (const { id } of lessons) {
      const content = readFileSync(textOf(from, id), 'utf8');
      sound(await index.addHTMLFile({ url: `/lessons/${id}`, content }));
    }
    const terms = glossary === null ? [] : glossaryEntries(glossary);
    for (const { id, term, aliases, definition } of terms) {
      const content = [term, ...aliases, definition].join('. ');
      const meta = { title: term, definition };
      sound(await index.addCustomRecord({ url: `/glossary#${id}`, content, language: 'en', meta }));
    }
    sound(await index.writeFiles({ outputPath: to }));
    for (const name of readdirSync(to).filter((each) => unused.test(each))) rmSync(join(to, name));
    return lessons.length + terms.length;
  } finally {
    await pagefind.close();
  }
}

/** A page is written as a folder or as a file, by the site's own setting. */
function textOf(from: string, id: string): string {
  const folder = join(from, id, 'index.html');
  return existsSync(folder) ? folder : join(from, `${id}.html`);
}

function sound({ errors }: { errors: readonly string[] }): void {
  if (errors.length > 0) throw new Error(`the search index cannot be made: ${errors.join('; ')}`);
}
