import Reveal from 'reveal.js';
import { isLetterOff } from '#components/site/keys.ts';
import { drawSlides } from './draw.ts';
import { type Steps, steps } from './step.ts';

/** Shows a lesson's article as slides. Without a script the article stays, and can be read. */
export async function startDeck(article: HTMLElement, root: HTMLElement): Promise<void> {
  const drawn = drawSlides(article);
  const stacks: HTMLElement[] = [];
  for (const { slide, section } of drawn) {
    if (slide.begins) stacks.push(document.createElement('section'));
    stacks.at(-1)?.append(section);
  }
  root.querySelector('.slides')?.replaceChildren(...stacks);
  article.hidden = true;
  root.hidden = false;

  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const deck = new Reveal(root, {
    width: 1280,
    height: 720,
    margin: 0.03,
    center: false,
    controls: true,
    controlsTutorial: false,
    hash: true,
    help: false,
    jumpToSlide: false,
    // Home and End by their numbers: left to itself, Reveal goes to the first slide of the last section.
    keyboard: { 36: () => show(0), 35: () => show(drawn.length - 1) },
    keyboardCondition: (event) => document.querySelector('dialog[open]') === null && !isLetterOff(event),
    navigationMode: 'linear',
    progress: true,
    // Its view for phones does without our sizes.
    scrollActivationWidth: 0,
    slideNumber: 'c/t',
    transition: calm ? 'none' : 'slide',
    transitionSpeed: 'fast',
  });

  const reading = document.querySelector<HTMLAnchorElement>('[data-opens="reading"]');
  const lesson = article.dataset['lesson'] ?? '';
  const here = () => drawn.findIndex(({ section }) => section === deck.getCurrentSlide());
  const channel: Steps = steps(lesson, (step) => {
    if ('hello' in step) channel.tell({ at: here() });
    if ('go' in step) show(step.go);
  });
  const show = (index: number) => {
    const section = drawn[index]?.section;
    if (section === undefined) return;
    const { h, v } = deck.getIndices(section);
    deck.slide(h, v);
  };
  const moved = () => {
    channel.tell({ at: here() });
    const section = drawn[here()]?.slide.section ?? '';
    if (reading !== null) reading.href = `/lessons/${lesson}${section && `#${section}`}`;
  };
  deck.on('slidechanged', moved);
  await deck.initialize();
  moved();
}
