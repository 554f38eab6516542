import { marks } from './marks.ts';
import { codeParts, type Shown } from './words.ts';

type Child = Node | string | null | false | undefined;
type Attributes = Readonly<Record<string, string | boolean | null | undefined | ((event: Event) => void)>>;

/** An element with attributes (functions are click listeners by their name, `onclick`) and children; null and false are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The shape of a status, as StatusMark.astro draws it. */
export function statusMark(status: Shown): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'mark-status');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.dataset['status'] = status;
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', marks[status]);
  svg.append(path);
  return svg;
}

/** Text whose `backticked` parts are shown as code. */
export function withCode(text: string): (string | HTMLElement)[] {
  return codeParts(text).map(({ text, code }) => (code ? h('code', {}, text) : text));
}

/** Replaces what an element holds, unless it was drawn from an equal `key` already: live regions stay silent when nothing changed. */
export function fill(element: Element, key: string, children: () => Child[]): void {
  if (keys.get(element) === key) return;
  keys.set(element, key);
  element.replaceChildren(...children().filter((child) => child !== null && child !== undefined && child !== false));
}

const keys = new WeakMap<Element, string>();

/** A question before something that cannot be undone. Answers whether the learner said yes. */
export function confirm(question: { title: string; text: string; yes: string }): Promise<boolean> {
  const dialog = h(
    'dialog',
    { class: 'confirm', 'aria-labelledby': 'confirm-title' },
    h('h2', { id: 'confirm-title' }, question.title),
    h('p', {}, question.text),
    h(
      'form',
      { method: 'dialog', class: 'confirm-actions' },
      h('button', { class: 'button', value: 'no', autofocus: true }, 'Keep it'),
      h('button', { class: 'button primary', value: 'yes' }, question.yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
