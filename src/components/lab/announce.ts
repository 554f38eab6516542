/** The page's one live region: screen readers read it out when they are next free, and nothing else on a lesson speaks by itself. */
const region = document.createElement('div');
region.className = 'visually-hidden';
region.setAttribute('role', 'status');
region.id = 'announcer';
document.body.append(region);

/** What comes within this time is read out as one. */
const gatherMilliseconds = 120;
const waiting = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something that the page shows elsewhere, soon, whatever else is said meanwhile. Words that are said twice in a row are read twice. */
export function announce(words: string): void {
  if (words === '') return;
  // What is said again within this time is the latest.
  waiting.delete(words);
  waiting.add(words);
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    // A new node, since a region whose text stays the same is silent.
    const said = document.createElement('p');
    said.textContent = [...waiting].join(' ');
    waiting.clear();
    region.replaceChildren(said);
  }, gatherMilliseconds);
}
