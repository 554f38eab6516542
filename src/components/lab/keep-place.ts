/** Changes the layout and puts what stood at the top of the window back there: the lesson stays where it was. */
export function keepPlace(change: () => void): void {
  const anchor = [...document.querySelectorAll('.prose > *')].find((element) => element.getBoundingClientRect().bottom > 80);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (anchor !== undefined && window.scrollY > 0)
    window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: 'instant' });
}
