import { blocksOf } from './blocks.ts';
import { planSlides, type Slide } from './plan.ts';

/** A lesson's slides as sections of a deck, in order, each with its notes. */
export interface Drawn {
  slide: Slide<Element>;
  section: HTMLElement;
}

/** Takes the lesson's article apart. The same article gives the same slides, in the deck as in the speaker's window. */
export function drawSlides(article: HTMLElement): Drawn[] {
  const { title = '', summary = '', course = '' } = article.dataset;
  return planSlides(title, blocksOf(article)).map((slide, index) => ({
    slide,
    section: draw(slide, index === 0 ? { summary, course } : null),
  }));
}

function draw(slide: Slide<Element>, front: { summary: string; course: string } | null): HTMLElement {
  const section = element('section', `lesson-slide slide-${slide.kind}`);
  if (front !== null) {
    section.classList.add('slide-front');
    section.append(
      element('p', 'slide-course', front.course),
      element('h1', '', slide.title),
      element('p', 'slide-summary', front.summary),
    );
    return section;
  }
  const bare = slide.kind === 'section' && slide.shown.length === 0;
  if (bare) section.classList.add('slide-bare');
  if (slide.kind === 'task') section.append(element('p', 'slide-kicker', 'Your turn'));
  section.append(element('h2', '', slide.title.replace(/^Task: /, '')));
  if (slide.lead !== null) section.append(element('p', 'slide-lead', slide.lead));
  section.append(...slide.shown.map((node) => clean(node, slide.kind)));
  return section;
}

function clean(node: Element, kind: Slide<Element>['kind']): Element {
  const copy = node.cloneNode(true) as HTMLElement;
  if (kind === 'task') copy.querySelector('h3')?.remove();
  for (const marked of [copy, ...copy.querySelectorAll('[id]')]) marked.removeAttribute('id');
  if (copy.matches('pre')) {
    copy.removeAttribute('tabindex');
    copy.style.fontSize = `${codeSize(copy.textContent ?? '')}px`;
  }
  return copy;
}

/** Of code on a slide, as the style sheet says. */
const lineHeight = 1.4;

/** The largest size, in pixels of a slide 1280 wide, at which no line is cut; monospaced letters are 0.6 as wide as high. */
function codeSize(text: string): number {
  const longest = Math.max(
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => line.length),
  );
  const lines = text.trimEnd().split('\n').length;
  return Math.max(12, Math.min(28, Math.floor(1060 / (longest * 0.61)), Math.floor(430 / (lines * lineHeight))));
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.textContent = text;
  return made;
}
