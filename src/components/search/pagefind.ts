/** A place to go: a lesson, one of its sections, or a term of the glossary. */
export interface Place {
  url: string;
  title: string;
  /** Text around what was found; what was searched for is marked. */
  excerpt: readonly { text: string; found: boolean }[];
}

export interface Found {
  /** The glossary's answer, when the words name a term. */
  terms: readonly { url: string; title: string; definition: string }[];
  lessons: readonly { place: Place; sections: readonly Place[] }[];
}

interface Fragment {
  url: string;
  meta: { title?: string; definition?: string };
  excerpt: string;
  sub_results: readonly Section[];
}

interface Section {
  title: string;
  url: string;
  excerpt: string;
  weighted_locations: readonly { balanced_score: number }[];
}

interface Pagefind {
  options(options: { excerptLength?: number }): Promise<void>;
  init(): Promise<void>;
  search(words: string): Promise<{ results: readonly { data(): Promise<Fragment> }[] }>;
}

let loading: Promise<Pagefind> | undefined;

/** Loads the index that the build made; rejects where there is none. */
export function loadIndex(): Promise<Pagefind> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Pagefind> {
  const address = '/pagefind/pagefind.js';
  const pagefind = (await import(/* @vite-ignore */ address)) as Pagefind;
  await pagefind.options({ excerptLength: 18 });
  await pagefind.init();
  return pagefind;
}

/** What the index has for some words, the best first: at most eight lessons of four sections, and three terms. */
export async function find(words: string): Promise<Found> {
  const pagefind = await loadIndex();
  const { results } = await pagefind.search(words);
  const fragments = await Promise.all(results.slice(0, 24).map((result) => result.data()));
  const isTerm = (fragment: Fragment) => fragment.meta.definition !== undefined;
  return {
    terms: fragments
      .filter(isTerm)
      .sort((a, b) => Number(named(b, words)) - Number(named(a, words)))
      .slice(0, 3)
      .map(({ url, meta }) => ({ url, title: meta.title ?? '', definition: meta.definition ?? '' })),
    lessons: fragments
      .filter((fragment) => !isTerm(fragment))
      .slice(0, 8)
      .map(({ url, meta, excerpt, sub_results }) => ({
        place: { url, title: meta.title ?? url, excerpt: parts(excerpt) },
        sections: sub_results
          .filter((section) => section.url !== url)
          .sort((a, b) => weight(b) - weight(a))
          .slice(0, 4)
          .map((section) => ({ url: section.url, title: section.title, excerpt: parts(section.excerpt) })),
      })),
  };
}

const weight = (section: Section) => section.weighted_locations.reduce((sum, each) => sum + each.balanced_score, 0);
const named = (fragment: Fragment, words: string) => fragment.meta.title?.toLowerCase().startsWith(words.trim().toLowerCase()) === true;

/** An excerpt as text; Pagefind gives it as HTML with `<mark>`s. */
function parts(html: string): { text: string; found: boolean }[] {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  return [...body.childNodes].map((node) => ({ text: node.textContent ?? '', found: node.nodeName === 'MARK' }));
}
