import type { LabState } from './client.ts';
import { statusMark } from './dom.ts';
import { shown, shownWords } from './words.ts';

/** Brings the server's row of tasks up to date: each tick with its status, live or from earlier. Answers how many are passed, in words. */
export function renderTicks(list: HTMLElement, state: LabState): string {
  const links = [...list.querySelectorAll<HTMLElement>('[data-task]')];
  for (const link of links) {
    const task = link.dataset['task'] ?? '';
    const verdict = state.session?.state === 'ended' ? undefined : state.verdicts.get(task)?.verdict;
    const status = verdict ? shown(verdict) : state.bests.get(task)?.status === 'passed' ? 'passed' : 'open';
    if (link.dataset['status'] === status) continue;
    link.dataset['status'] = status;
    link.dataset['turned'] = '';
    link.querySelector('svg')?.replaceWith(statusMark(status));
    const word = link.lastElementChild;
    if (word) word.textContent = ` (${shownWords[status]})`;
  }
  const passed = links.filter((link) => link.dataset['status'] === 'passed').length;
  return `${passed} of ${links.length} passed`;
}
