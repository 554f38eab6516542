import { isLetterOff } from '#components/site/keys.ts';
import { type Drawn, drawSlides } from './draw.ts';
import { type Steps, steps } from './step.ts';

const slideWidth = 1280;
const forth = new Set(['ArrowRight', 'ArrowDown', 'PageDown', ' ', 'Enter', 'n']);
const back = new Set(['ArrowLeft', 'ArrowUp', 'PageUp', 'p']);

/** The speaker's window: this slide and the next, what to say, and the time. It follows the deck, and leads it. */
export function startSpeaker(article: HTMLElement, root: HTMLElement): void {
  const drawn = drawSlides(article);
  article.hidden = true;
  root.hidden = false;
  const part = (name: string) => root.querySelector<HTMLElement>(`[data-part="${name}"]`);
  let at = 0;

  const show = (index: number) => {
    at = Math.min(Math.max(0, index), drawn.length - 1);
    part('now')?.replaceChildren(preview(drawn[at]));
    part('next')?.replaceChildren(preview(drawn[at + 1]));
    part('notes')?.replaceChildren(...notesOf(drawn[at]));
    const count = part('count');
    if (count !== null) count.textContent = `Slide ${at + 1} of ${drawn.length}`;
    scale();
  };
  const channel: Steps = steps(article.dataset['lesson'] ?? '', (step) => {
    if ('at' in step) show(step.at);
  });
  const go = (index: number) => {
    show(index);
    channel.tell({ go: at });
  };
  const scale = () => {
    for (const box of root.querySelectorAll<HTMLElement>('.preview'))
      box.style.setProperty('--scale', String(box.clientWidth / slideWidth));
  };

  part('back')?.addEventListener('click', () => go(at - 1));
  part('forth')?.addEventListener('click', () => go(at + 1));
  addEventListener('resize', scale);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    if (isLetterOff(event)) return;
    // A button that has the focus is pressed by Space and Enter itself.
    if ((event.key === ' ' || event.key === 'Enter') && event.target instanceof Element && event.target.closest('button, a') !== null)
      return;
    const target = forth.has(event.key)
      ? at + (event.key === ' ' && event.shiftKey ? -1 : 1)
      : back.has(event.key)
        ? at - 1
        : ({ Home: 0, End: drawn.length - 1 }[event.key] ?? null);
    if (target === null) return;
    event.preventDefault();
    go(target);
  });
  tick(part('clock'), part('elapsed'), part('again'));
  show(0);
  channel.tell({ hello: true });
}

function preview(drawn: Drawn | undefined): Node {
  if (drawn !== undefined) return drawn.section.cloneNode(true);
  const end = document.createElement('p');
  end.className = 'slide-end';
  end.textContent = 'The end';
  return end;
}

function notesOf(drawn: Drawn | undefined): Node[] {
  const notes = drawn?.slide.notes.map((node) => node.cloneNode(true)) ?? [];
  if (notes.length > 0) return notes;
  const none = document.createElement('p');
  none.className = 'no-notes';
  none.textContent = 'No notes to this slide.';
  return [none];
}

function tick(clock: HTMLElement | null, elapsed: HTMLElement | null, again: HTMLElement | null): void {
  let since = Date.now();
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const draw = () => {
    const seconds = (Date.now() - since) / 1000;
    if (clock !== null) clock.textContent = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format();
    if (elapsed !== null) elapsed.textContent = `${two(seconds / 60)}:${two(seconds % 60)}`;
  };
  again?.addEventListener('click', () => {
    since = Date.now();
    draw();
  });
  setInterval(draw, 1000);
  draw();
}
