/** A component in a lesson's text, such as `<Task id="…" />`. */
export interface Mark {
  /** Null when the id is absent or not written as plain text. */
  id: string | null;
  line: number;
}

/**
 * Every use of a component in an MDX text with its 1-based line. What stands in code fences, inline code and comments is not one.
 * `attribute` is the one that holds its id.
 */
export function marksOf(mdx: string, component: string, attribute = 'id'): Mark[] {
  const text = blankOut(mdx);
  const value = new RegExp(`\\s${attribute}=(?:"([^"]*)"|'([^']*)')`);
  return [...text.matchAll(new RegExp(`<${component}\\b([^>]*)>`, 'g'))].map((match) => ({
    id:
      value
        .exec(match[1] ?? '')
        ?.slice(1)
        .find((each) => each !== undefined) ?? null,
    line: lineAt(text, match.index),
  }));
}

/** The 1-based line of a character offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Same length and lines, with everything that MDX does not render as a component replaced by spaces. */
function blankOut(mdx: string): string {
  const fences = /^([ \t]*)(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?\n)?[ \t]*\2[`~]*[ \t]*$/gm;
  const comments = /\{\/\*[\s\S]*?\*\/\}/g;
  const inline = /(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;
  const spaces = (found: string) => found.replace(/[^\n]/g, ' ');
  return mdx.replace(fences, spaces).replace(comments, spaces).replace(inline, spaces);
}
