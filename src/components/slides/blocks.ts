import type { Block } from './plan.ts';

/** Points that fit on one slide. */
const mostPoints = 6;

/** The pieces of a rendered lesson; what has no words, such as a drawing's label, stays with its piece. */
export function blocksOf(article: Element): Block<Element>[] {
  return [...article.children].flatMap(blockOf);
}

function blockOf(node: Element): Block<Element> | Block<Element>[] {
  if (node instanceof HTMLElement) {
    const { slide, notes } = node.dataset;
    if (slide !== undefined) return { kind: 'slide', title: slide || null, node };
    if (notes !== undefined) return { kind: 'notes', node };
  }
  if (node.matches('h2, h3')) return { kind: 'heading', level: node.matches('h2') ? 2 : 3, title: words(node), id: node.id, node };
  if (node.matches('figure.figure')) return figure(node);
  if (node.matches('pre')) return { kind: 'code', lines: words(node).split('\n').length, node };
  if (node.matches('[data-task]')) return { kind: 'task', title: words(node.querySelector('h3')), node };
  if (node.matches('.remember')) return points(node);
  if (node.matches('.callout.trap, aside, section, div')) return { kind: 'text', text: '', node };
  return { kind: 'text', text: words(node), node };
}

/** A drawing and, for the speaker, what it shows. */
function figure(node: Element): Block<Element>[] {
  const title = words(node.querySelector('figcaption strong')).replace(/\.$/, '');
  const caption = node.querySelector('figcaption');
  const drawing = node.querySelector('.figure-drawing');
  if (drawing === null) return [{ kind: 'text', text: '', node }];
  const said: Block<Element>[] = caption === null ? [] : [{ kind: 'text', text: '', node: asParagraph(caption) }];
  return [{ kind: 'figure', title, node: drawing }, ...said];
}

function points(node: Element): Block<Element>[] {
  const title = words(node.querySelector('.callout-title'));
  const items = [...node.querySelectorAll(':scope > ul > li')];
  const slides = Math.max(1, Math.ceil(items.length / mostPoints));
  const each = Math.ceil(items.length / slides);
  return Array.from({ length: slides }, (_, at) => {
    const list = document.createElement('ul');
    list.append(...items.slice(at * each, (at + 1) * each).map((item) => item.cloneNode(true)));
    return { kind: 'points', title, node: list };
  });
}

function asParagraph(node: Element): Element {
  const paragraph = document.createElement('p');
  paragraph.append(...[...node.childNodes].map((child) => child.cloneNode(true)));
  return paragraph;
}

const words = (node: Element | null) => node?.textContent?.trim() ?? '';
