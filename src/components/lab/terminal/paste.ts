import type { Terminal } from '@xterm/xterm';

/** Most lines shown of what is about to be pasted. */
export const previewLines = 12;

/** What may be pasted: text, tabs and line ends. A control character in it could press keys or end the paste early. */
export function pasteable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}

/**
 * Whether to ask first: several lines would run one by one as they arrive. A program that has asked for bracketed paste
 * takes them as one piece and waits for Enter, and a single command copied with its line end is what was meant.
 */
export function asksBefore(text: string, bracketed: boolean): boolean {
  return !bracketed && /\n[\s\S]*\S/.test(text);
}

/** The lines joined as one command: a trailing backslash already said so. */
export function asOneLine(text: string): string {
  return text.trim().replace(/\s*\\?\n\s*/g, ' ');
}

/** Takes every paste into the terminal below `host`, before xterm does. */
export function guardPaste(host: HTMLElement, terminal: Terminal, signal: AbortSignal): void {
  const paste = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    pasteGuarded(terminal, event.clipboardData?.getData('text/plain') ?? '').catch((error: unknown) => console.error(error));
  };
  host.addEventListener('paste', paste, { capture: true, signal });
}

async function pasteGuarded(terminal: Terminal, raw: string): Promise<void> {
  const text = pasteable(raw);
  if (text === '') return;
  if (!asksBefore(text, terminal.modes.bracketedPasteMode)) {
    terminal.paste(text);
    return;
  }
  const { askPaste } = await import('./dialogs.ts');
  const answer = await askPaste(text);
  terminal.focus();
  if (answer === 'paste') terminal.paste(text);
  if (answer === 'one-line') terminal.paste(asOneLine(text));
}
