import { labClient } from '#components/lab/client.ts';
import { missingShell } from './run-words.ts';

/** What a shell on the page does for a Run button: types `text` once for each `id`, in the tab of that name or, with null, the one that is open. */
interface Shell extends HTMLElement {
  run(id: string, text: string, tab: string | null): void;
}

/** How long the terminal may take to be loaded. */
const shellMilliseconds = 15_000;

/**
 * Types a command of the lesson into the lab's shell, once. Answers whether it was sent; else says what is missing, with
 * the words of a link to it. The keyboard's focus stays where it is.
 */
export async function runCommand(text: string, tab: string | null, say: (words: string, link?: string) => void): Promise<boolean> {
  const panel = document.querySelector<HTMLElement>('lab-panel');
  const state = labClient(panel?.getAttribute('lab') ?? '').state().session?.state;
  const missing = missingShell(state);
  if (panel === null || missing !== null) {
    say(missing ?? 'This lesson has no lab.', 'To the lab');
    return false;
  }
  const shell = await shellOf(panel, AbortSignal.timeout(shellMilliseconds));
  if (shell === null) {
    say('The terminal is not there yet. Try again in a moment.', 'To the lab');
    return false;
  }
  const focused = document.activeElement;
  if (panel.hasAttribute('data-folded')) panel.querySelector<HTMLElement>('[data-action="fold"]')?.click();
  shell.run(crypto.randomUUID(), text, tab);
  if (focused instanceof HTMLElement && document.activeElement !== focused) focused.focus({ preventScroll: true });
  const waits = shell.getAttribute('state');
  if (waits === 'waiting' || waits === 'connecting') say('The shell is not connected. The command runs once, when it is back.');
  return true;
}

/** The panel's shell once it is there; null when `signal` came first. */
function shellOf(panel: HTMLElement, signal: AbortSignal): Promise<Shell | null> {
  const find = () => {
    const element = panel.querySelector('[data-part="shell"]')?.firstElementChild;
    return element && 'run' in element ? (element as Shell) : null;
  };
  const found = find();
  if (found !== null) return Promise.resolve(found);
  return new Promise((resolve) => {
    const settle = (shell: Shell | null) => {
      observer.disconnect();
      resolve(shell);
    };
    const observer = new MutationObserver(() => {
      const shell = find();
      if (shell !== null) settle(shell);
    });
    observer.observe(panel, { childList: true, subtree: true });
    signal.addEventListener('abort', () => settle(null), { once: true });
  });
}
