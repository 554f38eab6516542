/** Gives every code block of the page a Copy button. Without script, or without a clipboard, the blocks stay as they are. */
if ('clipboard' in navigator) {
  for (const pre of document.querySelectorAll<HTMLPreElement>('.prose pre')) {
    const block = document.createElement('div');
    block.className = 'code-block';
    pre.replaceWith(block);
    block.append(pre, copyButton(pre));
  }
}

function copyButton(pre: HTMLPreElement): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button copy-code';
  button.textContent = 'Copy';
  const say = (word: string) => {
    button.textContent = word;
    button.dataset['done'] = '';
    setTimeout(() => {
      button.textContent = 'Copy';
      delete button.dataset['done'];
    }, 2000);
  };
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(pre.textContent.trimEnd()).then(
      () => say('Copied'),
      () => say('Not allowed'),
    );
  });
  return button;
}
