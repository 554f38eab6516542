import { areLettersOff, type Key, keys } from './keys.ts';
import { modal } from './modal.ts';
import { remember } from './remember.ts';

/** Every key of the site, and a switch for those of one letter. */
export function openKeys(): void {
  const body = document.createElement('div');
  body.className = 'modal-keys-body';
  body.tabIndex = 0;
  for (const [where, rows] of Object.entries(keys)) {
    const heading = document.createElement('h3');
    heading.textContent = where;
    const list = document.createElement('dl');
    list.append(...rows.map(row));
    body.append(heading, list);
  }
  body.append(letterSwitch());
  modal('Keys', 'keys', [body]);
}

function row({ keys: names, does }: Key): HTMLElement {
  const line = document.createElement('div');
  const what = document.createElement('dt');
  what.textContent = does;
  const which = document.createElement('dd');
  which.append(...names.map(cap));
  line.append(what, which);
  return line;
}

/** A key as it is printed on a keyboard. */
function cap(name: string): HTMLElement {
  const element = document.createElement('kbd');
  element.textContent = name
    .replace('Control+', 'Ctrl + ')
    .replace('Shift+', 'Shift + ')
    .replace(/ ([a-z])$/, (letter) => letter.toUpperCase());
  return element;
}

function letterSwitch(): HTMLElement {
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = !areLettersOff();
  box.addEventListener('change', () => remember('keys', box.checked ? null : 'off'));
  label.append(box, 'Keys of a single letter or sign work. They never do while you type in a field or in the shell.');
  return label;
}
