import { WebLinksAddon } from '@xterm/addon-web-links';
import type { IBufferRange, Terminal } from '@xterm/xterm';

/** The address if it is one of the web, written as the browser would go there; null for anything else. */
export function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : null;
}

/** Whether a link's text says where it goes, as far as a person would check. */
export function saysWhere(text: string, address: string): boolean {
  const plain = (each: string) => each.trim().replace(/\/$/, '');
  return plain(text) === plain(address) || plain(webAddress(text) ?? '') === plain(webAddress(address) ?? '\0');
}

/**
 * Addresses in the output open on a click. A link whose text is not its address (OSC 8) shows the address first, since
 * whatever prints into a terminal decides what the text says.
 */
export function followLinks(terminal: Terminal, hovered: (address: string) => void): void {
  const open = (address: string) => {
    const href = webAddress(address);
    if (href !== null) window.open(href, '_blank', 'noopener,noreferrer');
  };
  terminal.loadAddon(
    new WebLinksAddon((_event, address) => open(address), { hover: (_event, address) => hovered(address), leave: () => hovered('') }),
  );
  terminal.options.linkHandler = {
    allowNonHttpProtocols: false,
    activate: (_event, address, range) => {
      if (saysWhere(textIn(terminal, range), address)) open(address);
      else void askFirst(address, () => open(address), terminal);
    },
    hover: (_event, address) => hovered(address),
    leave: () => hovered(''),
  };
}

async function askFirst(address: string, open: () => void, terminal: Terminal): Promise<void> {
  const { askLink } = await import('./dialogs.ts');
  if (await askLink(webAddress(address) ?? address)) open();
  else terminal.focus();
}

function textIn(terminal: Terminal, { start, end }: IBufferRange): string {
  return terminal.buffer.active.getLine(start.y - 1)?.translateToString(true, start.x - 1, end.x) ?? '';
}
