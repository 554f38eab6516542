import { labClient } from '#components/lab/client.ts';
import { h } from '#components/lab/dom.ts';
import { runInShell } from '#components/lab/shell.ts';
import { missingShell } from './run-words.ts';

export interface Command {
  text: string;
  /** The tab to type it in; null for the one that is open. */
  tab: string | null;
  /** Says beside the command what is in its way. */
  say(words: string, more?: Node): void;
  /** The shell has it. */
  sent(): void;
}

/** After this long without a word from the shell the reader is told that it is awaited. */
const patienceMilliseconds = 2_500;

/**
 * Types a command of the lesson into the lab's shell: once for each call, however the connection breaks and the page is
 * loaded anew. Where there is no shell, says what is missing and leads there.
 */
export async function runCommand({ text, tab, say, sent }: Command): Promise<void> {
  const panel = document.querySelector<HTMLElement>('lab-panel');
  const missing = missingShell(labClient(panel?.getAttribute('lab') ?? '').state().session?.state);
  if (panel === null || missing !== null) return say(missing ?? 'This lesson has no lab.', wayTo(panel));
  if (panel.hasAttribute('data-folded')) panel.querySelector<HTMLElement>('[data-action="fold"]')?.click();
  const id = crypto.randomUUID();
  const isTyped = new Promise<void>((resolve) => {
    const hear = (event: Event) => {
      if (!(event instanceof CustomEvent) || event.detail !== id) return;
      panel.removeEventListener('slipway:ran', hear);
      sent();
      resolve();
    };
    panel.addEventListener('slipway:ran', hear);
  });
  if (!runInShell(id, text, tab)) return say('The terminal is not there yet. Try again in a moment.');
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), patienceMilliseconds));
  if ((await Promise.race([isTyped, late])) === 'late') say('The shell is not connected. The command runs when it is back, once.');
}

/** Leads to what the lab's panel offers to do. */
function wayTo(panel: HTMLElement | null): HTMLElement {
  const go = (event: Event) => {
    event.preventDefault();
    panel?.scrollIntoView({ block: 'center' });
    panel?.querySelector<HTMLElement>('[data-part="actions"] button')?.focus();
  };
  return h('a', { href: '#lab-heading', onclick: go }, 'To the lab');
}
