import type { ISearchOptions, SearchAddon } from '@xterm/addon-search';
import type { Terminal } from '@xterm/xterm';
import { h } from '../dom.ts';

/** Most matches that are marked and counted. */
const most = 1_000;

/** A bar that searches the whole scrollback. It takes keys as soon as it is opened; what searches is loaded then. */
export function findBar(host: HTMLElement, terminal: Terminal): { open(): void } {
  const field = h('input', { type: 'search', 'aria-label': 'Find in the terminal', placeholder: 'Find', spellcheck: 'false' });
  const count = h('span', { class: 'terminal-count', role: 'status' });
  let loading: Promise<SearchAddon> | undefined;
  const load = async () => {
    const { SearchAddon } = await import('@xterm/addon-search');
    const addon = new SearchAddon({ highlightLimit: most });
    terminal.loadAddon(addon);
    addon.onDidChangeResults(({ resultIndex, resultCount }) => {
      count.textContent = field.value === '' ? '' : countWords(resultIndex, resultCount);
    });
    return addon;
  };
  const search = async (forward: boolean) => {
    loading ??= load();
    const addon = await loading;
    if (field.value === '' || bar.hidden) addon.clearDecorations();
    else if (forward) addon.findNext(field.value, marks(host));
    else addon.findPrevious(field.value, marks(host));
    if (field.value === '') count.textContent = '';
  };
  const step = (forward: boolean) => {
    search(forward).catch((error: unknown) => {
      loading = undefined;
      count.textContent = 'Search could not be loaded';
      console.error(error);
    });
  };
  const close = () => {
    bar.hidden = true;
    step(false);
    terminal.focus();
  };
  const button = (label: string, sign: string, onclick: () => void) =>
    h('button', { type: 'button', 'aria-label': label, title: label, onclick }, sign);
  const bar = h(
    'div',
    { class: 'terminal-find', role: 'search', hidden: true },
    field,
    count,
    button('Previous match', '↑', () => step(false)),
    button('Next match', '↓', () => step(true)),
    button('Close search', '×', close),
  );
  // Backwards from the end: what was printed last is what one looks for.
  field.addEventListener('input', () => {
    terminal.clearSelection();
    step(false);
  });
  bar.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && event.target === field) step(event.shiftKey);
    else return;
    event.preventDefault();
  });
  host.append(bar);
  return {
    open() {
      bar.hidden = false;
      const selected = terminal.getSelection();
      if (selected !== '' && !selected.includes('\n')) field.value = selected;
      field.focus();
      field.select();
      step(false);
    },
  };
}

function countWords(index: number, count: number): string {
  if (count === 0) return 'Not found';
  const all = count >= most ? `${most}+` : String(count);
  return index < 0 ? all : `${index + 1} of ${all}`;
}

/** Colours of the theme in force, in the one form the search takes: #rrggbb. */
function marks(host: HTMLElement): ISearchOptions {
  const style = getComputedStyle(host);
  const colour = (property: string) => hex(style.getPropertyValue(property), host);
  const found = colour('--terminal-selection');
  const active = colour('--terminal-yellow');
  return {
    decorations: {
      matchBackground: found,
      matchBorder: found,
      matchOverviewRuler: found,
      activeMatchBorder: active,
      activeMatchBackground: found,
      activeMatchColorOverviewRuler: active,
    },
  };
}

function hex(value: string, host: HTMLElement): string {
  const probe = h('span', { hidden: true });
  probe.style.color = value;
  host.append(probe);
  const parts = getComputedStyle(probe).color.match(/\d+/g) ?? [];
  probe.remove();
  return `#${parts
    .slice(0, 3)
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}
