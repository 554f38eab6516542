/** A key of a page, or a few that do the same. */
export interface Key {
  /** As `KeyboardEvent.key`, with `Control+` before it where that is held. */
  keys: readonly string[];
  does: string;
  /** What is pressed for the reader: the first element on the page that this selects and that is shown. Without one the key belongs to a part that listens itself. */
  press?: string;
}

/** Every key of the site, by where it works. The help dialog is made of this table, and so is what the keys do. */
export const keys: Readonly<Record<string, readonly Key[]>> = {
  'On every page': [
    { keys: ['/', 'Control+k'], does: 'Search', press: '[data-opens="search"]' },
    { keys: ['?'], does: 'Show the keys', press: '[data-opens="keys"]' },
    { keys: ['h'], does: 'All lessons', press: '.brand' },
    { keys: ['d'], does: 'Dark theme, or light again', press: 'theme-toggle button' },
  ],
  'In a lesson': [
    { keys: ['n'], does: 'Next lesson', press: 'a[rel="next"]' },
    { keys: ['p'], does: 'Previous lesson', press: 'a[rel="prev"]' },
    { keys: ['t'], does: 'Go to the next task to do', press: '.ticks a:not([data-status="passed"])' },
    { keys: ['s'], does: 'Show as slides', press: '[data-opens="slides"]' },
  ],
  'In the shell': [
    { keys: ['F6', 'Shift+F6'], does: 'Leave the terminal, forwards or back' },
    { keys: ['Control+Shift+f'], does: 'Find in what was printed' },
    { keys: ['Control+Shift+c', 'Control+v'], does: 'Copy, paste' },
    { keys: ['Control++', 'Control+-', 'Control+0'], does: 'Larger, smaller, usual letters' },
    { keys: ['F2', 'Delete'], does: 'On a tab: rename it, close it' },
  ],
  'In the slides': [
    { keys: ['→', 'Space', 'PageDown'], does: 'Next slide' },
    { keys: ['←', 'Shift+Space', 'PageUp'], does: 'Slide before' },
    { keys: ['Home', 'End'], does: 'First slide, last slide' },
    { keys: ['Esc', 'o'], does: 'Overview of all slides' },
    { keys: ['s'], does: 'Speaker notes in a window of their own', press: '[data-opens="notes"]' },
    { keys: ['f'], does: 'Full screen' },
    { keys: ['b', '.'], does: 'Black screen' },
    { keys: ['r'], does: 'Back to reading', press: '[data-opens="reading"]' },
  ],
};

/** The name of a key event as the table writes it. */
export function nameOf({ key, ctrlKey, metaKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>): string {
  return ctrlKey || metaKey ? `Control+${key.toLowerCase()}` : key;
}

/** Whether the reader has switched off the keys of one letter or sign, as people do whose speech or tremor would press them. */
export function areLettersOff(): boolean {
  return /(?:^|; )keys=off/.test(document.cookie);
}

/** Whether a key event is of a letter or a sign, and those are switched off; Space is neither. */
export function isLetterOff({ key }: Pick<KeyboardEvent, 'key'>): boolean {
  return key.length === 1 && key !== ' ' && areLettersOff();
}
