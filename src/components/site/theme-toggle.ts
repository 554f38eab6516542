import { remember } from './remember.ts';

const systemDark = matchMedia('(prefers-color-scheme: dark)');

/** Switches between light and dark. Choosing what the system prefers anyway forgets the choice, so that the page follows the system again. */
class ThemeToggle extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button');
    if (button === null) return;
    const show = () => button.setAttribute('aria-pressed', String(isDark()));
    button.addEventListener('click', () => {
      choose(isDark() ? 'light' : 'dark');
      show();
    });
    systemDark.addEventListener('change', show);
    show();
  }
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? systemDark.matches : chosen === 'dark';
}

// A cookie, because the server must know before the first paint: a page that turns dark afterwards flashes.
function choose(theme: 'light' | 'dark'): void {
  const follows = (theme === 'dark') === systemDark.matches;
  if (follows) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  remember('theme', follows ? null : theme);
}

customElements.define('theme-toggle', ThemeToggle);
