import { announce } from './announce.ts';
import { clockSkew } from './api.ts';
import { h } from './dom.ts';
import { tick } from './phases.ts';

const words = 'Slipway looks first, then tries it in your lab. What it changes, it puts back.';
const timers = new WeakMap<HTMLElement, ReturnType<typeof setInterval>>();

/** Says, while it lasts, that a trial is under way, and for how long: it takes longer than a look, and the lab changes meanwhile. */
export function showTrying(host: HTMLElement, trying: boolean): void {
  const timer = timers.get(host);
  if (trying === (timer !== undefined)) return;
  host.hidden = !trying;
  clearInterval(timer);
  timers.delete(host);
  host.replaceChildren();
  if (!trying) return;
  const since = new Date(Date.now() + clockSkew).toISOString();
  host.append(
    h('progress', { 'aria-label': 'The trial of this task' }),
    h('p', {}, words),
    h('span', { class: 'trying-time', 'aria-hidden': 'true', 'data-since': since }),
  );
  announce(words);
  tick(host);
  timers.set(
    host,
    setInterval(() => tick(host), 1000),
  );
}
