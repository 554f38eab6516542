import { announce } from '#components/lab/announce.ts';
import { h } from '#components/lab/dom.ts';

const saidMilliseconds = 2_000;

/** The tools of a code block: Copy, and Run where its author says so and the lesson has a lab. Without script the block stays as it is. */
export function addTools(pre: HTMLPreElement): void {
  const runs = pre.dataset['run'] !== undefined && document.querySelector('lab-panel') !== null;
  const copies = 'clipboard' in navigator;
  if (!runs && !copies) return;
  const { tab } = pre.dataset;
  const block = h('div', { class: runs ? 'code-block runs' : 'code-block' });
  const note = h('p', { class: 'code-note', hidden: true });
  pre.replaceWith(block);
  block.append(
    h(
      'div',
      { class: 'code-tools' },
      runs && h('span', { class: 'code-where' }, tab === undefined ? 'In your shell' : `In the tab ${tab}`),
      runs && runButton(pre, note),
      copies && copyButton(pre),
    ),
    pre,
    runs ? note : '',
  );
}

function runButton(pre: HTMLPreElement, note: HTMLElement): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'button run-code' }, 'Run');
  const say = (words: string, more: Node | string = '') => {
    note.replaceChildren(words, ' ', more);
    note.hidden = false;
    announce(words);
  };
  const sent = () => {
    note.hidden = true;
    done(button, 'Sent');
  };
  button.addEventListener('click', () => {
    // Until the last press was dealt with, another is a slip of the finger.
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    note.hidden = true;
    import('./run-command.ts')
      .then(({ runCommand }) => runCommand({ text: textOf(pre), tab: pre.dataset['tab'] ?? null, say, sent }))
      .catch((error: unknown) => {
        console.error(error);
        say('The command could not be sent. Reload the page and try again.');
      })
      .finally(() => {
        button.ariaDisabled = null;
      });
  });
  return button;
}

function copyButton(pre: HTMLPreElement): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'button copy-code' }, 'Copy');
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(textOf(pre)).then(
      () => done(button, 'Copied'),
      () => done(button, 'Not allowed'),
    );
  });
  return button;
}

const textOf = (pre: HTMLPreElement) => pre.textContent.trimEnd();

/** Says on the button what became of it, for a moment. */
function done(button: HTMLButtonElement, word: string): void {
  const label = button.dataset['label'] ?? button.textContent;
  button.dataset['label'] = label;
  button.dataset['done'] = '';
  button.textContent = word;
  announce(word);
  setTimeout(() => {
    button.textContent = label;
    delete button.dataset['done'];
  }, saidMilliseconds);
}

for (const pre of document.querySelectorAll<HTMLPreElement>('.prose pre')) addTools(pre);
