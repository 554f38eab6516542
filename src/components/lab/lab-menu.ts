import type { LabState } from './client.ts';
import { keptWords } from './panel-words.ts';

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

/** The rest of what can be done with a lab, behind one button: it closes when something was chosen, by Escape, and by a click elsewhere. */
export function labMenu(menu: HTMLDetailsElement): { render(state: LabState): void } {
  const summary = menu.querySelector('summary');
  const close = () => menu.removeAttribute('open');
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    close();
    summary?.focus();
  });
  const chosen = (event: Event) => {
    if (!(event.target instanceof Element) || event.target.closest('[data-action], [data-opens], a') === null) return;
    close();
    summary?.focus();
  };
  // Before what was chosen is done: a dialog gives the focus back to where it was, and what is in a closed menu takes none.
  menu.addEventListener('click', chosen, { capture: true });
  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) close();
  });
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) close();
  });
  const kept = menu.querySelector<HTMLElement>('[data-part="kept"]');
  const work = menu.querySelector<HTMLAnchorElement>('[data-part="work"]');
  return {
    render({ session, busy }) {
      if (session === null) return;
      if (kept !== null) {
        kept.textContent = keptWords(session, Date.now(), (at) => time.format(at));
        kept.hidden = kept.textContent === '';
      }
      if (work !== null) work.href = `/api/sessions/${session.id}/work`;
      for (const button of menu.querySelectorAll<HTMLElement>('[data-action]')) {
        button.setAttribute('aria-disabled', String(busy.has(button.dataset['action'] ?? '')));
      }
    },
  };
}
