import { h } from '../dom.ts';
import { asOneLine, previewLines } from './paste.ts';

interface Answer {
  value: string;
  label: string;
  primary?: boolean;
}

let asked = 0;

/** A question with its answers, the first of which has the focus unless a field has; Escape answers ''. */
function ask(title: string, body: readonly Node[], answers: readonly Answer[]): Promise<string> {
  const id = `terminal-asks-${++asked}`;
  const field = body.some((node) => node instanceof HTMLInputElement);
  const dialog = h(
    'dialog',
    { class: 'confirm terminal-dialog', 'aria-labelledby': id },
    h('h2', { id }, title),
    h(
      'form',
      { method: 'dialog' },
      ...body,
      h(
        'div',
        { class: 'confirm-actions' },
        ...answers.map(({ value, label, primary }, index) =>
          h('button', { class: primary ? 'button primary' : 'button', value, autofocus: index === 0 && !field }, label),
        ),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

const cancel: Answer = { value: '', label: 'Cancel' };

/** Before several lines are pasted into a program that would run each as it arrives. */
export async function askPaste(text: string): Promise<string> {
  const lines = text.trimEnd().split('\n');
  const rest = lines.length - previewLines;
  const shown = lines.slice(0, previewLines).join('\n') + (rest > 0 ? `\n… and ${rest} more` : '');
  return await ask(
    `Paste ${lines.length} lines?`,
    [
      h('p', {}, 'Each line runs as soon as it is pasted.'),
      h('pre', { class: 'terminal-quote', tabindex: '0', 'aria-label': 'What is pasted' }, shown),
    ],
    [
      { value: 'paste', label: 'Paste', primary: true },
      ...(asOneLine(text) === '' ? [] : [{ value: 'one-line', label: 'Paste as one line' }]),
      cancel,
    ],
  );
}

/** Before a link is followed whose text does not say where it goes. */
export async function askLink(address: string): Promise<boolean> {
  const { host } = new URL(address);
  const [before, after] = address.split(host, 2);
  const answer = await ask(
    'Open this address?',
    [
      h('p', {}, 'The link’s text says something else. It leads to:'),
      h('p', { class: 'terminal-quote' }, before, h('strong', {}, host), after),
    ],
    [cancel, { value: 'open', label: 'Open in a new tab', primary: true }],
  );
  return answer === 'open';
}

/** Before a shell is ended in which something runs. */
export async function askClose(name: string, running: boolean | null): Promise<boolean> {
  const what = running === true ? 'A program runs in it, and is stopped.' : 'Whatever runs in it is stopped.';
  const answer = await ask(
    `Close ${name}?`,
    [h('p', {}, `${what} Its output is gone.`)],
    [
      { value: '', label: 'Keep it' },
      { value: 'close', label: 'Close', primary: true },
    ],
  );
  return answer === 'close';
}

/** A new name for a tab; null when it stays. */
export async function askName(name: string): Promise<string | null> {
  const field = h('input', { type: 'text', id: 'terminal-name', maxlength: '40', required: true, autocomplete: 'off', autofocus: true });
  field.value = name;
  // A form's first button is what Enter presses.
  const answered = ask(
    'Rename this shell',
    [h('label', { for: 'terminal-name' }, 'Name'), field],
    [{ value: 'rename', label: 'Rename', primary: true }, cancel],
  );
  field.select();
  const cancelled = (await answered) !== 'rename';
  const wanted = field.value.trim();
  return cancelled || wanted === '' || wanted === name ? null : wanted;
}
