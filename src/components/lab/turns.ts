import { type Detail, moment } from '#components/site/moment.ts';
import { fill, h, statusMark } from './dom.ts';
import { causeWords, type TaskView } from './task-view.ts';
import { shownWords } from './words.ts';

/** A moment by the reader's own clock. */
export const time = (at: string, detail: Detail = 'minutes') => h('time', { datetime: at }, moment(at, detail, new Date()));

/** Draws when a task first passed and, folded away, each time it turned. Stays open when it was opened. */
export function showTurns(host: HTMLElement, { firstPassedAt, turns }: Pick<TaskView, 'firstPassedAt' | 'turns'>): void {
  host.hidden = firstPassedAt === null && turns.length === 0;
  const open = host.querySelector('details')?.open ?? false;
  const first = firstPassedAt === null ? ['Not passed yet'] : ['First passed at ', time(firstPassedAt)];
  fill(host, JSON.stringify([firstPassedAt, turns]), () => {
    if (turns.length === 0) return [h('p', {}, ...first)];
    const times = turns.length === 2 ? 'once' : `${turns.length - 1} times`;
    return [
      h(
        'details',
        { open },
        h('summary', {}, ...first, `, turned ${times}`),
        h(
          'ol',
          { class: 'turns' },
          ...turns.map(({ at, status, cause }) =>
            h('li', {}, time(at, 'seconds'), statusMark(status), shownWords[status], h('span', { class: 'turn-cause' }, causeWords(cause))),
          ),
        ),
      ),
    ];
  });
}
