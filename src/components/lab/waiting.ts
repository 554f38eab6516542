import { clockSkew } from './api.ts';
import { fill, h } from './dom.ts';
import type { TaskView } from './task-view.ts';
import { span } from './words.ts';

const timers = new WeakMap<HTMLElement, ReturnType<typeof setInterval>>();

/** Shows, while the cluster is at work on a task, for how long it has been and for how long that is no fault. */
export function showWaiting(host: HTMLElement, waits: TaskView['waits']): void {
  clearInterval(timers.get(host));
  host.hidden = waits === null;
  fill(host, JSON.stringify(waits), () => [
    waits && h('progress', { 'aria-label': 'Time the cluster has been at work on this', max: String(waits.within) }),
    waits && h('span', { class: 'waiting-time' }),
  ]);
  if (waits === null) return;
  const update = () => {
    const seconds = Math.max(0, (Date.now() + clockSkew - Date.parse(waits.since)) / 1000);
    const [bar, words] = [host.querySelector('progress'), host.querySelector('.waiting-time')];
    if (bar) bar.value = Math.min(seconds, waits.within);
    if (words) words.textContent = waitingWords(seconds, waits.within);
  };
  update();
  timers.set(host, setInterval(update, 1000));
}

/** `At work for 12 s; it may take up to 90 s.` */
export function waitingWords(seconds: number, within: number): string {
  if (seconds > within) return `At work for ${span(seconds * 1000)}, longer than expected: the next look says what holds it up.`;
  return `At work for ${span(seconds * 1000)}; it may take up to ${span(within * 1000)}.`;
}
