import { h } from '../dom.ts';
import type { Notice } from './words.ts';

/** What stands around the screen: a banner over it that never blocks typing, a foot with the state and the way out. */
export interface Parts {
  screen: HTMLElement;
  state: HTMLElement;
  bannerButton: HTMLButtonElement;
  reader: HTMLButtonElement;
  /** Tells the way out; what the terminal's input is described by. */
  way: HTMLElement;
  /** Where the focus goes when the keyboard leaves: before the screen, and after it. */
  before: HTMLElement;
  after: HTMLElement;
  /** Shows a notice over the screen: until the next one when it lasts, for a moment when not. */
  say(notice: Notice, lasts: boolean): void;
  /** How much waits to be typed, beside the notice; not spoken with every key. */
  tellWaiting(text: string): void;
}

const noteMilliseconds = 6_000;
let made = 0;

export function buildParts(host: HTMLElement): Parts {
  const screen = h('div', { class: 'terminal-screen' });
  const state = h('p', { class: 'terminal-state' });
  const text = h('span', {});
  const waiting = h('span', { class: 'terminal-waiting', 'aria-hidden': 'true' });
  const bannerButton = h('button', { type: 'button' });
  const banner = h('div', { class: 'terminal-banner', hidden: true }, h('span', {}, text, waiting), bannerButton);
  const reader = h('button', { type: 'button', class: 'terminal-reader' }, 'Screen-reader', long(' mode'));
  const before = resting('You are before the terminal. Tab goes into it.');
  const after = resting('You have left the terminal. Tab goes on; Enter goes back.');
  const way = h(
    'p',
    { class: 'terminal-way', id: `terminal-way-${++made}` },
    h('kbd', {}, 'F6'),
    ' leaves',
    h('span', { class: 'terminal-long' }, ' the terminal'),
  );
  host.replaceChildren(
    before,
    screen,
    h('div', { role: 'status' }, banner),
    after,
    h('div', { class: 'terminal-foot' }, state, way, reader),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (notice: Notice, lasts: boolean) => {
    clearTimeout(timer);
    banner.hidden = notice.text === '';
    text.textContent = notice.text;
    waiting.textContent = '';
    bannerButton.hidden = notice.button === '';
    bannerButton.textContent = notice.button;
    if (!lasts && notice.text !== '') timer = setTimeout(() => say({ text: '', button: '' }, true), noteMilliseconds);
  };
  const tellWaiting = (words: string) => {
    waiting.textContent = words === '' ? '' : ` ${words}`;
  };
  return { screen, state, bannerButton, reader, way, before, after, say, tellWaiting };
}

/** Words that only the eye does without where there is little room. */
function long(words: string): HTMLElement {
  return h('span', { class: 'terminal-long' }, words);
}

/** A place for the focus that Tab alone never stops at. */
function resting(text: string): HTMLElement {
  return h('p', { class: 'terminal-left', tabindex: '-1' }, text);
}
