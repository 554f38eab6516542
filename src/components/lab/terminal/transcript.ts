import type { IBuffer, Terminal } from '@xterm/xterm';
import { h } from '../dom.ts';
import { copyText } from './clipboard.ts';

/** Everything a terminal still holds as plain text, lines that were wrapped joined again; a full-screen program's screen last. */
export function transcript({ buffer }: Pick<Terminal, 'buffer'>): string {
  const screens = buffer.active.type === 'alternate' ? [buffer.normal, buffer.alternate] : [buffer.normal];
  return screens.map((screen) => `${bufferText(screen).trimEnd()}\n`).join('\n');
}

function bufferText(buffer: IBuffer): string {
  let text = '';
  for (let y = 0; y < buffer.length; y++) {
    const line = buffer.getLine(y);
    const next = buffer.getLine(y + 1);
    if (line) text += next?.isWrapped ? line.translateToString(false) : `${line.translateToString(true)}\n`;
  }
  return text;
}

/** Shows the transcript as text that can be read, selected, copied and downloaded. */
export function showTranscript(terminal: Terminal, name: string): void {
  const text = transcript(terminal);
  const said = h('span', { class: 'terminal-count', role: 'status' });
  const copy = async () => {
    said.textContent = (await copyText(text)) ? 'Copied' : 'The browser does not allow copying: select the text instead';
  };
  const body = h('pre', { class: 'terminal-text', tabindex: '0', role: 'region', 'aria-label': `What ${name} has shown` }, text);
  const dialog = h(
    'dialog',
    { class: 'confirm terminal-dialog terminal-transcript', 'aria-labelledby': 'terminal-transcript' },
    h('h2', { id: 'terminal-transcript' }, `Transcript of ${name}`),
    body,
    h(
      'form',
      { method: 'dialog', class: 'confirm-actions' },
      said,
      h('button', { type: 'button', class: 'button', onclick: () => void copy() }, 'Copy all'),
      h('button', { type: 'button', class: 'button', onclick: () => download(text, `${name}.txt`) }, 'Download'),
      h('button', { class: 'button primary', autofocus: true }, 'Close'),
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener('close', () => {
    dialog.remove();
    terminal.focus();
  });
  dialog.showModal();
  body.scrollTop = body.scrollHeight;
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  h('a', { href: url, download: name.replace(/[^\p{L}\p{N}._-]+/gu, '-') }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
