import type { LabLogEntry } from '#store/port.ts';
import { type LabClient, labClient } from './client.ts';
import { fill, h } from './dom.ts';

/** How far somebody has read in the log of a lab, kept by the browser. */
interface Read {
  session: string;
  seq: number;
}

const key = (lab: string) => `slipway:log-read:${lab}`;

/**
 * Tells in `away` what happened since the lab's page was last open, and in `whole` all of it. What happens while the page is
 * looked at counts as read.
 */
export function showLog(lab: string, parts: { away: HTMLElement; whole: HTMLElement }): void {
  const client = labClient(lab);
  const openedAt = new Date().toISOString();
  const before = readOf(lab);
  let dismissed = false;
  client.subscribe(({ session, log }) => {
    const news =
      dismissed || session === null || before?.session !== session.id ? [] : log.filter(({ seq, at }) => seq > before.seq && at < openedAt);
    renderAway(parts.away, news, () => {
      dismissed = true;
      renderAway(parts.away, [], () => {});
    });
    fill(parts.whole, JSON.stringify(log.at(-1)?.seq ?? log.length), () => log.toReversed().map(item));
    const last = log.at(-1);
    if (session !== null && last !== undefined && document.visibilityState === 'visible') note(lab, { session: session.id, seq: last.seq });
  });
  follow(client);
}

/** Each session is read once; what comes later comes by itself. */
function follow(client: LabClient): void {
  let asked = '';
  client.subscribe(({ session }) => {
    if (session === null || session.id === asked) return;
    asked = session.id;
    void client.loadLog();
  });
}

function renderAway(away: HTMLElement, news: readonly LabLogEntry[], dismiss: () => void): void {
  const newest = news.at(-1);
  away.hidden = newest === undefined;
  fill(away, JSON.stringify(news.map(({ seq }) => seq)), () => {
    if (newest === undefined) return [];
    const more = news.length - 1;
    const words = [h('strong', {}, 'While you were away: '), newest.text];
    return [
      more === 0
        ? h('p', {}, ...words)
        : h(
            'details',
            {},
            h('summary', {}, ...words, h('span', { class: 'away-more' }, ` And ${more} more.`)),
            h('ol', {}, ...news.map(item)),
          ),
      h('button', { type: 'button', class: 'button small quiet', onclick: dismiss }, 'Dismiss'),
    ];
  });
}

function item({ at, text }: LabLogEntry): HTMLElement {
  return h('li', {}, h('time', { datetime: at }, when(new Date(at))), ` ${text}`);
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const when = (at: Date) => (at.toDateString() === new Date().toDateString() ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`);

/** A browser that keeps nothing for us has nobody to tell what is new. */
function readOf(lab: string): Read | null {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(key(lab)) ?? 'null');
    const isRead = typeof read === 'object' && read !== null && 'session' in read && 'seq' in read;
    return isRead && typeof read.session === 'string' && typeof read.seq === 'number' ? { session: read.session, seq: read.seq } : null;
  } catch {
    return null;
  }
}

function note(lab: string, read: Read): void {
  try {
    localStorage.setItem(key(lab), JSON.stringify(read));
  } catch (error) {
    console.warn('What was read of the lab’s log could not be kept.', error);
  }
}
