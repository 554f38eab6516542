/** What stood on the screen line by line, of a terminal's output as it comes. */
export interface PlainText {
  /** The lines that are complete. */
  push(output: string): string;
  end(): string;
}

/** A sequence with its parameters and last byte, another sequence, a control, or text. What breaks off in the middle is dropped at once. */
const token = new RegExp(
  [
    String.raw`\x1b\[([0-?]*)[ -/]*([@-~]|(?=[^ -~])|(?<=[ -/])(?=[0-?]))`,
    String.raw`\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|(?=\x1b[^\\]))`,
    String.raw`\x1b[ -/]*(?:[0-OQ-WYZ\\\x60-~]|(?=[^ -~])|(?<=[ -/])(?=[PX[\]^_]))`,
    String.raw`[\x00-\x1a\x1c-\x1f\x7f]`,
    String.raw`[^\x00-\x1f\x7f]+`,
  ].join('|'),
  'y',
);
/** An escape sequence is waited for up to here; a longer one is none. */
const longest = 4_096;
const widest = 8_192;
/** As wide as a screen may be: no program moves further beyond what it printed. */
const farthest = 1_000;

/** Follows the cursor within a line, as a shell's line editor moves it; of full-screen programs only that they ran is kept. */
export function plainText(): PlainText {
  let rest = '';
  /** What was jumped over has holes. */
  let line: (string | undefined)[] = [];
  let at = 0;
  let fullScreen = false;

  function act(parameters: string, final: string): string {
    const count = Math.min(Number.parseInt(parameters, 10) || 1, farthest);
    if (/^\?(?:47|1047|1049)$/.test(parameters) && (final === 'h' || final === 'l')) {
      const entered = final === 'h' && !fullScreen;
      fullScreen = final === 'h';
      return entered ? `${flush()}[a full-screen program ran here]\n` : '';
    }
    if (final === 'C') at = Math.min(at + count, Math.max(at, line.length, farthest));
    else if (final === 'D') at -= count;
    else if (final === 'G') at = count - 1;
    else if (final === 'P') line.splice(at, count);
    else if (final === '@') insert(count);
    else if (final === 'K' && /^0?$/.test(parameters)) line.length = Math.min(line.length, at);
    else if (final === 'K' && parameters === '2') line = [];
    at = Math.min(Math.max(at, 0), widest);
    return '';
  }

  /** Makes room for so many characters. What is pushed over the edge of the screen is gone, as it is there. */
  function insert(count: number): void {
    const { length } = line;
    if (at >= length) return;
    line.splice(at, 0, ...Array<string>(count).fill(' '));
    line.length = Math.min(line.length, Math.max(length, farthest));
  }

  function flush(): string {
    let text = '';
    for (let column = 0; column < line.length; column += 1) text += line[column] ?? ' ';
    text = text.trimEnd();
    line = [];
    at = 0;
    return text === '' ? '' : `${text}\n`;
  }

  function print(text: string): string {
    let done = '';
    for (const character of text) {
      if (at >= widest) done += flush();
      line[at] = character;
      at += 1;
    }
    return done;
  }

  function one(text: string, parameters: string | undefined, final: string | undefined): string {
    if (final !== undefined) return act(parameters ?? '', final);
    if (fullScreen) return '';
    if (text === '\n') return flush() || '\n';
    if (text === '\r') at = 0;
    else if (text === '\b') at = Math.max(at - 1, 0);
    else if (text === '\t') at = Math.min((Math.floor(at / 8) + 1) * 8, widest);
    else if (text >= ' ' && text !== '\x7f' && !text.startsWith('\x1b')) return print(text);
    return '';
  }

  return {
    push(output) {
      const all = rest + output;
      let done = '';
      let position = 0;
      while (position < all.length) {
        token.lastIndex = position;
        const found = token.exec(all);
        if (found === null && all.length - position < longest) break;
        if (found !== null) done += one(found[0], found[1], found[2]);
        position += found?.[0].length ?? 1;
      }
      rest = all.slice(position);
      return done;
    },
    end: () => flush(),
  };
}
