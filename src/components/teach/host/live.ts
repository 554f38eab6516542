import { localTimes } from '#components/site/local-times.ts';

const every = 10_000;

/** Brings the page up to date by itself, until it is told not to. */
const live = document.querySelector<HTMLElement>('#host-live');
const button = document.querySelector<HTMLButtonElement>('#host-updates');
let isOn = true;

async function update(within: HTMLElement): Promise<void> {
  if (!isOn || document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(every) });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#host-live');
  if (next === null || !isOn) return;
  localTimes(next);
  bring(within, next);
}

/** Makes `now` what `next` is, touching only what differs: what the reader has opened, scrolled, marked or is in stays as it is. */
function bring(now: Element, next: Element): void {
  for (const { name } of [...now.attributes]) if (name !== 'open' && !next.hasAttribute(name)) now.removeAttribute(name);
  for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  const [mine, theirs] = [[...now.childNodes], [...next.childNodes]];
  const isAlike = mine.length === theirs.length && mine.every((node, index) => node.nodeName === theirs[index]?.nodeName);
  if (!isAlike) {
    if (!now.contains(document.activeElement)) now.replaceChildren(...theirs);
    return;
  }
  mine.forEach((node, index) => {
    const other = theirs[index];
    if (node instanceof Element && other instanceof Element) bring(node, other);
    else if (other !== undefined && node.nodeValue !== other.nodeValue) node.nodeValue = other.nodeValue;
  });
}

if (live !== null && button !== null) {
  button.hidden = false;
  button.addEventListener('click', () => {
    isOn = !isOn;
    button.textContent = isOn ? 'Stop updates' : 'Go on with updates';
  });
  // A server that is away for a moment is asked again in the next round.
  setInterval(() => update(live).catch((error: unknown) => console.debug('the page could not be brought up to date', error)), every);
}
