import { type Found, find, loadIndex, type Place } from './pagefind.ts';
import './search-box.css';

export interface SearchBox {
  element: HTMLElement;
  input: HTMLInputElement;
}

/**
 * A field with what it finds below it. Arrow keys choose while the field keeps the focus, Enter goes there.
 * `searched` hears the words of each search that was shown.
 */
export function searchBox(first: string, searched: (words: string) => void = () => undefined): SearchBox {
  const element = document.createElement('div');
  element.className = 'search-box';
  const input = document.createElement('input');
  Object.assign(input, { type: 'search', value: first, autocomplete: 'off', spellcheck: false, placeholder: 'A word, or a few' });
  input.setAttribute('aria-label', 'Search the course');
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', 'search-results');
  input.setAttribute('aria-expanded', 'false');
  const says = document.createElement('p');
  says.className = 'search-says';
  says.setAttribute('role', 'status');
  const list = document.createElement('div');
  list.id = 'search-results';
  list.className = 'search-results';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Found');
  element.append(input, says, list);

  let chosen = -1;
  const options = () => [...list.querySelectorAll<HTMLAnchorElement>('[role="option"]')];
  const choose = (index: number) => {
    const all = options();
    chosen = all.length === 0 ? -1 : (index + all.length) % all.length;
    for (const [at, option] of all.entries()) option.setAttribute('aria-selected', String(at === chosen));
    const option = all[chosen];
    if (option === undefined) input.removeAttribute('aria-activedescendant');
    else {
      input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    }
  };
  const show = (found: Found, words: string) => {
    list.replaceChildren(...drawn(found));
    const count = options().length;
    input.setAttribute('aria-expanded', String(count > 0));
    says.textContent = count === 0 ? `Nothing found for “${words}”.` : `${count} ${count === 1 ? 'place' : 'places'} found`;
    choose(0);
    searched(words);
  };
  const clear = (message: string) => {
    list.replaceChildren();
    input.setAttribute('aria-expanded', 'false');
    says.textContent = message;
    choose(-1);
  };

  let latest = 0;
  const search = async () => {
    const turn = ++latest;
    const words = input.value.trim();
    if (words === '') return clear('');
    try {
      const found = await find(words);
      if (turn === latest) show(found, words);
    } catch (error) {
      console.error(error);
      if (turn === latest) clear(unavailable);
    }
  };
  input.addEventListener('input', () => void search());
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      choose(chosen + step);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      options()[chosen]?.click();
    }
  });
  if (import.meta.env.DEV) clear(inDevelopment);
  else if (first !== '') void search();
  else loadIndex().catch(() => clear(unavailable));
  return { element, input };
}

const unavailable = 'The search index cannot be read. The lessons can be read without it.';
const inDevelopment = 'The search index is made when the site is built (./slipway up); in development there is none.';

let ids = 0;

function drawn({ terms, lessons }: Found): HTMLElement[] {
  const groups = lessons.map(({ place, sections }) =>
    group(place.title, [option(place, sections.length === 0), ...sections.map((section) => option(section, true))]),
  );
  if (terms.length === 0) return groups;
  const words = terms.map(({ url, title, definition }) => option({ url, title, excerpt: [{ text: definition, found: false }] }, true));
  const glossary = group('Glossary', words);
  glossary.className = 'search-terms';
  return [glossary, ...groups];
}

function group(title: string, options: readonly HTMLElement[]): HTMLElement {
  const element = document.createElement('div');
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', title);
  element.append(...options);
  return element;
}

function option({ url, title, excerpt }: Place, withExcerpt: boolean): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = url;
  link.id = `search-option-${++ids}`;
  link.tabIndex = -1;
  link.setAttribute('role', 'option');
  link.setAttribute('aria-selected', 'false');
  const heading = document.createElement('strong');
  heading.textContent = title;
  link.append(heading);
  if (withExcerpt) {
    const text = document.createElement('span');
    for (const part of excerpt) {
      const mark = document.createElement('mark');
      mark.textContent = part.text;
      text.append(part.found ? mark : part.text);
    }
    link.append(text);
  }
  return link;
}
