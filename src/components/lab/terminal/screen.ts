import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { copyText } from './clipboard.ts';
import { type KeyAction, keyAction } from './keys.ts';
import { followLinks } from './links.ts';
import { guardPaste } from './paste.ts';
import { preferences } from './preferences.ts';
import { terminalFont, terminalTheme } from './theme.ts';

export interface ScreenOptions {
  /** The element to draw into; it decides the size. */
  host: HTMLElement;
  screenReader: boolean;
  onData: (data: string) => void;
  /** A key that is the page's. Copying and pasting are done already. */
  onAction: (action: KeyAction) => void;
  signal: AbortSignal;
}

/**
 * An xterm with the habits of this site. Drawn with DOM elements, so that text can be found and read. Titles, clipboard
 * writes (OSC 52) and window reports that programs ask for are ignored; links open on a click, http(s) only.
 */
export function createScreen({ host, screenReader, onData, onAction, signal }: ScreenOptions) {
  const terminal = new Terminal({
    // Marking what was found needs decorations.
    allowProposedApi: true,
    cursorBlink: false,
    fontFamily: terminalFont(host),
    fontSize: preferences().fontSize,
    lineHeight: 1.2,
    minimumContrastRatio: 4.5,
    screenReaderMode: screenReader,
    scrollback: 10_000,
    theme: terminalTheme(host),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  followLinks(terminal, (address) => {
    host.title = address;
  });
  terminal.open(host);
  terminal.onData(onData);
  guardPaste(host, terminal, signal);
  terminal.attachCustomKeyEventHandler((event) => handleKey(event, terminal, onAction));
  let running: boolean | null = null;
  // Shell integration marks (OSC 133): the toolbox's prompt writes A, and C as a command begins.
  terminal.parser.registerOscHandler(133, (data) => {
    if (/^[ABCD]/.test(data)) running = data.startsWith('C');
    return true;
  });
  return {
    terminal,
    /** Whether a program runs in the shell; null when nothing has told. */
    running: () => (terminal.buffer.active.type === 'alternate' ? true : running),
    /** The size that fills the element; null while it has none. */
    fitting: () => {
      const size = fit.proposeDimensions();
      return size && size.cols >= 2 && size.rows >= 1 ? { cols: Math.min(size.cols, 1000), rows: Math.min(size.rows, 500) } : null;
    },
    /** Begins the screen anew, after everything written so far. */
    clear: () => {
      running = null;
      terminal.write('\x1bc');
    },
    repaint: () => {
      terminal.options.theme = terminalTheme(host);
    },
  };
}
export type Screen = ReturnType<typeof createScreen>;

const mac = /^Mac|^iP/.test(navigator.platform);

/** Answers whether xterm should handle the key itself. A paste is left to the browser, whose event the guard takes. */
function handleKey(event: KeyboardEvent, terminal: Terminal, onAction: (action: KeyAction) => void): boolean {
  const action = keyAction(event, terminal.hasSelection(), mac);
  if (action === null) return true;
  if (action === 'paste') return false;
  event.preventDefault();
  if (event.type !== 'keydown') return false;
  if (action === 'copy') void copySelection(terminal);
  onAction(action);
  return false;
}

/** Copies what is selected, and lets go of it, so that the next Ctrl+C interrupts. */
export async function copySelection(terminal: Terminal): Promise<void> {
  if (!terminal.hasSelection()) return;
  if (await copyText(terminal.getSelection())) terminal.clearSelection();
  else console.warn('the selection could not be copied');
}
