import { searchBox } from '#components/search/search-box.ts';
import { modal } from './modal.ts';

/** The search in front of the page. A section of this very page is gone to by closing the dialog. */
export function openSearch(words: string): void {
  const box = searchBox(words);
  box.element.classList.add('in-modal');
  const dialog = modal('Search', 'search', [box.element]);
  box.element.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('a') !== null) dialog.close();
  });
  // A field of searches would take the first Escape to empty itself.
  box.input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    dialog.close();
  });
  box.input.focus();
}
