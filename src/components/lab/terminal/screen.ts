import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { terminalFont, terminalTheme } from './theme.ts';

export interface ScreenOptions {
  /** The element to draw into; it decides the size. */
  host: HTMLElement;
  screenReader: boolean;
  onData: (data: string) => void;
  /** The keyboard user wants out; `backwards` with Shift. */
  onLeave: (backwards: boolean) => void;
}

/**
 * An xterm with the habits of this site. Drawn with DOM elements, so that text can be found and read. Titles, clipboard
 * writes (OSC 52) and window reports that programs ask for are ignored; links open on a click, http(s) only.
 */
export function createScreen({ host, screenReader, onData, onLeave }: ScreenOptions) {
  const terminal = new Terminal({
    allowProposedApi: false,
    cursorBlink: false,
    fontFamily: terminalFont(host),
    fontSize: 14,
    lineHeight: 1.2,
    minimumContrastRatio: 4.5,
    screenReaderMode: screenReader,
    scrollback: 10_000,
    theme: terminalTheme(host),
    linkHandler: { activate: (_event, text) => openLink(text), allowNonHttpProtocols: false },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  terminal.onData(onData);
  terminal.attachCustomKeyEventHandler((event) => handleKey(event, terminal, onLeave));
  return {
    terminal,
    /** The size that fills the element; null while it has none. */
    fitting: () => {
      const size = fit.proposeDimensions();
      return size && size.cols >= 2 && size.rows >= 1 ? { cols: Math.min(size.cols, 1000), rows: Math.min(size.rows, 500) } : null;
    },
    repaint: () => {
      terminal.options.theme = terminalTheme(host);
    },
  };
}
export type Screen = ReturnType<typeof createScreen>;

/**
 * F6 leaves, as between the panes of any program; Ctrl+C copies when something is selected and interrupts otherwise;
 * Ctrl+V pastes. Answers whether xterm should handle the key itself.
 */
function handleKey(event: KeyboardEvent, terminal: Terminal, onLeave: (backwards: boolean) => void): boolean {
  if (event.key === 'F6' && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    if (event.type === 'keydown') onLeave(event.shiftKey);
    return false;
  }
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.toLowerCase();
  if (command && key === 'c' && terminal.hasSelection()) {
    event.preventDefault();
    if (event.type === 'keydown') copySelection(terminal);
    return false;
  }
  // Left to the browser, whose paste event xterm listens for.
  return !(command && key === 'v');
}

function copySelection(terminal: Terminal): void {
  navigator.clipboard.writeText(terminal.getSelection()).then(
    () => terminal.clearSelection(),
    (error: unknown) => console.warn('the selection could not be copied', error),
  );
}

function openLink(text: string): void {
  if (!URL.canParse(text)) return;
  const { protocol, href } = new URL(text);
  if (protocol === 'http:' || protocol === 'https:') window.open(href, '_blank', 'noopener,noreferrer');
}
