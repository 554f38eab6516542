import type { ITheme } from '@xterm/xterm';

const colours = {
  background: 'bg',
  foreground: 'fg',
  cursor: 'cursor',
  cursorAccent: 'bg',
  selectionBackground: 'selection',
  black: 'black',
  red: 'red',
  green: 'green',
  yellow: 'yellow',
  blue: 'blue',
  magenta: 'magenta',
  cyan: 'cyan',
  white: 'white',
  brightBlack: 'bright-black',
  brightRed: 'red',
  brightGreen: 'green',
  brightYellow: 'yellow',
  brightBlue: 'blue',
  brightMagenta: 'magenta',
  brightCyan: 'cyan',
  brightWhite: 'bright-white',
} as const satisfies Partial<Record<keyof ITheme, string>>;

/** The colours of `--terminal-…` where `host` stands, as the browser computes them for the theme in force. */
export function terminalTheme(host: HTMLElement): ITheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  const theme = Object.fromEntries(
    Object.entries(colours).map(([name, property]) => {
      probe.style.color = `var(--terminal-${property})`;
      return [name, style.color];
    }),
  );
  probe.remove();
  return theme;
}

export function terminalFont(host: HTMLElement): string {
  return getComputedStyle(host).getPropertyValue('--terminal-font').trim() || 'monospace';
}

/** Calls back when the page's theme changes, by its switch or by the system's setting, until the signal fires. */
export function onThemeChange(changed: () => void, signal: AbortSignal): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed, { signal });
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  signal.addEventListener('abort', () => observer.disconnect());
}
