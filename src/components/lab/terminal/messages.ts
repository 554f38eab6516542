import type { Up } from '#lab/wire.ts';

export type Input = Up & { type: 'input' };

/** Characters of input in one message: even if each needs an escape of six, it stays below the server's limit. */
const pieceLength = 8_192;

/** What is typed or pasted, in messages of a size the server takes, never cut inside a character, numbered from the one `after`. */
export function inputMessages(text: string, after: number): Input[] {
  return pieces(text).map((data, index) => ({ type: 'input', data, seq: after + index + 1 }));
}

/** A command as it would be typed: its lines ended by Enter. */
export function commandText(text: string): string {
  return `${text.replace(/\r?\n/g, '\r').replace(/\r+$/, '')}\r`;
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + pieceLength);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal replies begin with ESC
const reply = /^\x1b(?:\[[?>=]?[\d;]*(?:\$y|[cnRtuy])|\[[IO]|P[\s\S]*|\][\s\S]*)$/;

/**
 * Whether data a terminal emits is its answer to a query in the output (who are you, where is the cursor, which colour),
 * not a key. Answers to replayed queries, or from a second window, would be typed into the shell.
 */
export function isReply(data: string): boolean {
  return reply.test(data);
}
