import { announce } from './announce.ts';
import { clockSkew } from './api.ts';
import type { LabClient } from './client.ts';
import { fill, h } from './dom.ts';
import { pauseWarning } from './panel-words.ts';

/** Says in `box` that an idle lab is about to be paused, and offers to stay; silent otherwise. Spoken once. */
export function warnOfPause(client: LabClient, box: HTMLElement): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  let shown: string | null = null;
  client.subscribe(({ session, pausesAt, busy }) => {
    const at = session?.state === 'ready' ? pausesAt : null;
    box.hidden = at === null;
    clearInterval(timer);
    fill(box, JSON.stringify([at === null, busy.has('stay'), busy.has('extend')]), () =>
      at === null
        ? []
        : [
            h('p', {}),
            h(
              'span',
              { class: 'lab-idle-actions' },
              button('Stay', () => client.stay(), busy.has('stay')),
              button('Keep for an hour', () => client.extend(), busy.has('extend')),
            ),
          ],
    );
    const words = box.querySelector('p');
    if (at !== null && words !== null) {
      const update = () => {
        const text = pauseWarning(at, Date.now() + clockSkew);
        if (words.textContent !== text) words.textContent = text;
      };
      update();
      timer = setInterval(update, 1000);
      if (shown === null) announce(words.textContent ?? '');
    }
    shown = at;
  });
}

function button(label: string, work: () => Promise<void>, isBusy: boolean): HTMLElement {
  return h('button', { type: 'button', class: 'button small', 'aria-disabled': String(isBusy), onclick: () => void work() }, label);
}
