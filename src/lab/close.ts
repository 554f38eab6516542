/** Why a terminal's WebSocket was closed, by code; one table for the server that closes and the browser that decides what to do. */
export const closes = {
  left: { code: 1000, again: false, words: 'The terminal was closed.' },
  malformed: { code: 1008, again: false, words: 'The terminal sent something the server did not understand. Reload the page.' },
  tooBig: { code: 1009, again: false, words: 'The terminal sent too much at once. Reload the page.' },
  broken: { code: 1011, again: true, words: 'The connection to the shell was lost.' },
  restarting: { code: 1012, again: true, words: 'The server is restarting.' },
  full: { code: 1013, again: false, words: 'There is no room for another terminal.' },
  exited: { code: 4000, again: false, words: 'The shell has ended.' },
  silent: { code: 4008, again: true, words: 'The connection fell silent.' },
  paused: { code: 4423, again: false, words: 'The lab is paused.' },
  gone: { code: 4404, again: false, words: 'The lab of this terminal has ended.' },
} as const satisfies Record<string, { code: number; again: boolean; words: string }>;
export type CloseReason = keyof typeof closes;

/** The table's row for a code; null for one that is not ours, such as 1006 of a connection that just broke. */
export function closeReason(code: number): CloseReason | null {
  const found = Object.entries(closes).find(([, close]) => close.code === code);
  return found ? (found[0] as CloseReason) : null;
}

/** Cut to what a close frame can carry: 123 bytes of UTF-8, never half a character. */
export function closeText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 123) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, 120)).replace(/�+$/u, '')}…`;
}
