import type { Fault } from './fault.ts';

/** What an author says of a fenced command: ```` ```sh run tab=logs ````. `tab` is null where the learner's own tab will do. */
export interface Fence {
  run: boolean;
  tab: string | null;
}

/** Languages that the shell of a lab understands. */
const shells = ['sh', 'bash'];
const tabName = /^[A-Za-z][A-Za-z0-9-]{0,19}$/;

/** Reads what follows the language of a fence, or says in a sentence what is wrong with it. */
export function parseFence(language: string, meta: string): Fence | string {
  const words = meta.split(/\s+/).filter((word) => word !== '');
  const strange = words.find((word) => word !== 'run' && !word.startsWith('tab='));
  if (strange !== undefined) return `a code block knows \`run\` and \`tab=NAME\`, not \`${strange}\``;
  if (new Set(words.map((word) => word.split('=')[0])).size < words.length) return 'a code block says `run` or `tab=` twice';
  const run = words.includes('run');
  const tab = words.find((word) => word.startsWith('tab='))?.slice('tab='.length) ?? null;
  if (run && !shells.includes(language)) return `only \`sh\` can be run in the shell, and this block is \`${language || 'plain text'}\``;
  if (tab !== null && !run) return '`tab=` says where a command runs: write `run` too';
  if (tab !== null && !tabName.test(tab)) return 'the name of a tab is a word of at most 20 letters, digits and dashes, e.g. `tab=logs`';
  return { run, tab };
}

/** Every fence of an MDX text whose meta is faulty, or that asks to run nothing. `file` is where the text stood. */
export function fenceFaults(file: string, mdx: string): Fault[] {
  const faults: Fault[] = [];
  let open: { mark: string; line: number; runs: boolean; empty: boolean } | null = null;
  for (const [index, text] of mdx.split('\n').entries()) {
    const [, mark = '', info = ''] = /^[ \t]*(`{3,}|~{3,})([^`]*)$/.exec(text) ?? [];
    if (open === null) {
      if (mark === '') continue;
      const [, language = '', meta = ''] = /^\s*(\S*)(.*)$/.exec(info) ?? [];
      const fence = parseFence(language, meta);
      if (typeof fence === 'string') faults.push({ file, line: index + 1, message: fence });
      open = { mark, line: index + 1, runs: typeof fence !== 'string' && fence.run, empty: true };
    } else if (mark.startsWith(open.mark) && info.trim() === '') {
      if (open.runs && open.empty) faults.push({ file, line: open.line, message: 'there is no command in this block to run' });
      open = null;
    } else if (text.trim() !== '') {
      open.empty = false;
    }
  }
  return faults;
}
