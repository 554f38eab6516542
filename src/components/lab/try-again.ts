import { announce } from './announce.ts';
import type { LabProblem } from './api.ts';
import type { LabClient } from './client.ts';
import { fill, h } from './dom.ts';
import { againWords } from './panel-words.ts';

/** Refusals of these pass by themselves when they say after which time. */
const retried = ['start', 'reset', 'resume'] as const;
export const isRetried = (name: string): boolean => retried.some((each) => each === name);
/** Who has waited so long is no longer there. */
const longest = 60 * 60_000;

/** Waits in `box` until what was refused may be tried again, and tries it: until it is allowed, or the learner has enough of it. */
export function tryAgain(client: LabClient, box: HTMLElement): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  let waited: LabProblem | null = null;
  let since: number | null = null;
  let given: LabProblem | null = null;

  const stop = () => {
    [given, since] = [waited, null];
    follow();
    announce('It is not tried again.');
  };

  function follow(): void {
    const { problems } = client.state();
    const name = retried.find((each) => problems.get(each)?.retryAfter !== undefined);
    const problem = name === undefined ? undefined : problems.get(name);
    if (name === undefined) since = null;
    const seconds = problem?.retryAfter;
    const waits = problem !== undefined && seconds !== undefined && problem !== given && Date.now() - (since ?? Date.now()) < longest;
    box.hidden = !waits;
    if (waits && problem === waited) return;
    clearInterval(timer);
    waited = waits ? problem : null;
    fill(box, String(waits), () =>
      waits ? [h('p', {}), h('button', { type: 'button', class: 'button small', onclick: stop }, 'Stop trying')] : [],
    );
    if (!waits || name === undefined) return;
    if (since === null) announce(againWords(seconds));
    since ??= Date.now();
    const at = Date.now() + seconds * 1000;
    const update = () => {
      const left = Math.ceil((at - Date.now()) / 1000);
      const words = box.querySelector('p');
      if (words !== null) words.textContent = againWords(Math.max(0, left));
      if (left > 0) return;
      clearInterval(timer);
      void client[name]();
    };
    update();
    timer = setInterval(update, 1000);
  }

  client.subscribe(follow);
}
