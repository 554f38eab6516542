/** What stands around the screen: a banner over it that never blocks typing, a foot with the state and the way out. */
export interface Parts {
  screen: HTMLElement;
  state: HTMLElement;
  banner: HTMLElement;
  bannerText: HTMLElement;
  bannerButton: HTMLButtonElement;
  reader: HTMLButtonElement;
  /** Tells the way out; what the terminal's input is described by. */
  way: HTMLElement;
  /** Where the focus goes when the keyboard leaves: before the screen, and after it. */
  before: HTMLElement;
  after: HTMLElement;
}

let made = 0;

export function buildParts(host: HTMLElement): Parts {
  const screen = element('div', 'terminal-screen');
  const state = element('p', 'terminal-state');
  const banner = element('div', 'terminal-banner');
  const bannerText = element('span');
  const bannerButton = element('button');
  bannerButton.type = 'button';
  banner.hidden = true;
  banner.append(bannerText, bannerButton);
  const live = element('div');
  live.setAttribute('role', 'status');
  live.append(banner);
  const reader = element('button', 'terminal-reader', 'Screen-reader mode');
  reader.type = 'button';
  const before = resting('You are before the terminal. Tab goes into it.');
  const after = resting('You have left the terminal. Tab goes on; Enter goes back.');
  const foot = element('div', 'terminal-foot');
  const way = element('p', '', 'F6 leaves the terminal');
  way.id = `terminal-way-${++made}`;
  foot.append(state, way, reader);
  host.replaceChildren(before, screen, live, after, foot);
  return { screen, state, banner, bannerText, bannerButton, reader, way, before, after };
}

/** A place for the focus that Tab alone never stops at. */
function resting(text: string): HTMLElement {
  const place = element('p', 'terminal-left', text);
  place.tabIndex = -1;
  return place;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}
