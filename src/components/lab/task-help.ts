import { addTools } from '#components/lesson/code-blocks.ts';
import { announce } from './announce.ts';
import { request } from './api.ts';
import { h, withCode } from './dom.ts';

/** Opens the next hint of a task, below those that are open. */
export async function openHint(task: HTMLElement, lab: string, button: HTMLButtonElement): Promise<void> {
  const number = Number(button.dataset['next']);
  const { hint, of } = await request<{ hint: string; of: number }>(`/api/labs/${lab}/hints`, { task: task.getAttribute('task'), number });
  const opened = h(
    'details',
    { open: true },
    h('summary', {}, of === 1 ? 'Hint' : `Hint ${number} of ${of}`),
    h('p', {}, ...withCode(hint)),
  );
  task.querySelector('[data-part="hints"]')?.append(opened);
  button.dataset['next'] = String(number + 1);
  button.textContent = `Show hint ${number + 1} of ${of}`;
  if (number < of) announce(hint);
  else {
    // Its button has nothing left to do, and the keyboard must not fall back to the top of the page.
    opened.querySelector('summary')?.focus();
    button.remove();
  }
}

/** Asks for the solution of a task: told to try once more at first, shown at the second asking or once it passed. */
export async function askSolution(task: HTMLElement, lab: string, button: HTMLButtonElement): Promise<void> {
  const answer = await request<{ shown: false; message: string } | { shown: true; solution: string }>(`/api/labs/${lab}/solution`, {
    task: task.getAttribute('task'),
  });
  const host = task.querySelector<HTMLElement>('[data-part="solution"]');
  if (host === null) throw new Error('the task has no part "solution"');
  if (!answer.shown) {
    host.replaceChildren(h('p', { class: 'task-asked' }, answer.message));
    button.textContent = 'Show it anyway';
    return announce(answer.message);
  }
  const text = h('pre', { class: 'solution', tabindex: '0' }, answer.solution);
  const summary = h('summary', {}, 'Solution');
  host.replaceChildren(h('details', { open: true }, summary, text));
  addTools(text);
  summary.focus();
  button.remove();
}
