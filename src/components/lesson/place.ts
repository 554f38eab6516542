import { keep, unsent } from './desk.ts';

/** How far a lesson is read: `offset` pixels below the element of that id; null is the top of the page. */
interface Scroll {
  anchor: string | null;
  offset: number;
}

/** What stays of a lesson's page until the reader comes back: that it was the last one, and how far it was read. */
const lesson = location.pathname.split('/').at(-1) ?? '';
const article = document.querySelector<HTMLElement>('.lesson');

if (article !== null) {
  keep('place', { lesson, at: new Date().toISOString() });
  const name = `scroll:${lesson}`;
  const left = (unsent(name) ?? JSON.parse(article.dataset['scroll'] ?? 'null')) as Scroll | null;
  if (left !== null) goBack(left);
  addEventListener('scroll', () => keep(name, here()), { passive: true });
}

function here(): Scroll {
  const top = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const anchors = [...document.querySelectorAll<HTMLElement>('.prose :is(h2, h3, h4, lab-task)[id]')];
  const anchor = anchors.findLast((element) => element.getBoundingClientRect().top <= top + 1);
  if (anchor === undefined) return { anchor: null, offset: Math.round(scrollY) };
  return { anchor: anchor.id, offset: Math.round(-anchor.getBoundingClientRect().top) };
}

/** Goes where the reader left, unless the address says where to, or the browser does it by itself (a reload, going back). */
function goBack({ anchor, offset }: Scroll): void {
  const [entry] = performance.getEntriesByType('navigation');
  const came = entry instanceof PerformanceNavigationTiming ? entry.type : 'navigate';
  if (came !== 'navigate' || location.hash !== '' || scrollY > 0) return;
  const element = anchor === null ? document.body : document.getElementById(anchor);
  if (element === null) return;
  const top = element.getBoundingClientRect().top + offset;
  // So near the top there is nothing to go back to.
  if (top < innerHeight / 2) return;
  scrollTo({ top, behavior: 'instant' });
  offerTop();
}

/** A line at the foot of the window that says what happened, until the reader moves on. */
function offerTop(): void {
  const note = document.createElement('p');
  note.className = 'back-note';
  const link = document.createElement('a');
  link.href = '#content';
  link.textContent = 'Go to the top';
  note.append('You are where you left off. ', link);
  article?.prepend(note);
  const begin = scrollY;
  const gone = () => {
    if (Math.abs(scrollY - begin) < 300) return;
    note.remove();
    removeEventListener('scroll', gone);
  };
  addEventListener('scroll', gone, { passive: true });
}
