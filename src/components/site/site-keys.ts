import { areLettersOff, keys, nameOf } from './keys.ts';

/** Keys are only what their names say outside of what is typed in, and while no dialog is open; one that was closed just now keeps the focus for a moment. */
const typing = 'input, textarea, select, [contenteditable], slipway-terminal, dialog[open], [popover]:popover-open';

document.addEventListener('keydown', (event) => {
  const { target } = event;
  if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
  if (target instanceof Element && target.closest(typing) !== null) return;
  // A press beside what can have the focus leaves it to the page behind the dialog.
  if (document.querySelector('dialog:modal') !== null) return;
  const name = nameOf(event);
  if (name.length === 1 && areLettersOff()) return;
  for (const { press } of Object.values(keys)
    .flat()
    .filter((key) => key.keys.includes(name))) {
    const openers = press === undefined ? [] : [...document.querySelectorAll<HTMLElement>(press)];
    // A dialog opens also where its button is put away, as the foot of the page is beside a shell.
    const found = openers.find((each) => each.checkVisibility()) ?? openers.find((each) => (each.dataset['opens'] ?? '') in dialogs);
    if (found === undefined) continue;
    event.preventDefault();
    found.click();
    return;
  }
});

document.addEventListener('click', (event) => {
  const opener = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-opens]') : null;
  if (opener === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const open = dialogs[opener.dataset['opens'] ?? ''];
  if (open === undefined) return;
  event.preventDefault();
  if (opening) return;
  opening = true;
  const ahead = typedAhead();
  open(ahead.stop)
    .catch((error: unknown) => console.error(error))
    .finally(() => {
      ahead.stop();
      opening = false;
    });
});

let opening = false;

/** Catches what is typed while a dialog is on its way, so that no letter is lost or taken for a key of the page. */
function typedAhead(): { stop(): string } {
  let words = '';
  const take = (event: KeyboardEvent) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    words += event.key;
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('keydown', take, true);
  return {
    stop: () => {
      removeEventListener('keydown', take, true);
      return words;
    },
  };
}

/** Dialogs are loaded when they are first opened. */
const dialogs: Readonly<Record<string, (typed: () => string) => Promise<void>>> = {
  search: async (typed) => {
    const { openSearch } = await import('./search-dialog.ts');
    openSearch(typed());
  },
  keys: async () => (await import('./keys-dialog.ts')).openKeys(),
};
