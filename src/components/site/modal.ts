import './modal.css';

/** A dialog with a heading and a Close button, in front of the page. Gone from the page when it closes, and the focus is back where it was. */
export function modal(title: string, name: string, content: readonly Node[]): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.className = `modal modal-${name}`;
  const heading = document.createElement('h2');
  heading.id = `modal-${name}`;
  heading.textContent = title;
  dialog.setAttribute('aria-labelledby', heading.id);
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'button small quiet';
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  const head = document.createElement('div');
  head.className = 'modal-head';
  head.append(heading, close);
  dialog.append(head, ...content);
  // A press beside the dialog is one on its backdrop.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
