/** Marks the section being read in every table of contents of the page. The links work without it. */
const links = [...document.querySelectorAll<HTMLAnchorElement>('.toc a')];
const headings = [...new Set(links.map((link) => link.hash.slice(1)))].flatMap((id) => document.getElementById(id) ?? []);

let asked = false;
function ask(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    mark();
  });
}

function mark(): void {
  // A heading counts as reached when a link to it would have brought it there, or when the page cannot scroll further.
  const reached = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 8;
  const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
  const current = atEnd && window.scrollY > 0 ? headings.at(-1) : headings.findLast((each) => each.getBoundingClientRect().top <= reached);
  for (const link of links) {
    if (current !== undefined && link.hash === `#${current.id}`) link.setAttribute('aria-current', 'location');
    else link.removeAttribute('aria-current');
  }
}

if (headings.length > 0) {
  addEventListener('scroll', ask, { passive: true });
  addEventListener('resize', ask, { passive: true });
  mark();
}
