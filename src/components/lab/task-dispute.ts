import type { DisputeView } from '#runtime/dispute.ts';
import { announce } from './announce.ts';
import { LabProblem, request } from './api.ts';
import { h, withCode } from './dom.ts';

const mostCharacters = 500;

/** Asks in `host` what is wrong with an attempt's verdict, and files it for the instructor. `done` gets what was filed, or null. */
export function askDispute(host: HTMLElement, attempt: string, done: (dispute: DisputeView | null) => void): void {
  const sentence = h('textarea', { id: `sentence-${attempt}`, rows: '2', maxlength: String(mostCharacters) });
  const problem = h('p', { class: 'task-problem', hidden: true });
  const file = h('button', { class: 'button small' }, 'Send it');
  const form = h(
    'form',
    { class: 'dispute' },
    h('label', { for: sentence.id }, 'What is wrong with it? A sentence helps, but is not needed.'),
    sentence,
    h('p', { class: 'task-note' }, 'Your instructor gets it together with what was seen in your lab.'),
    h(
      'div',
      { class: 'dispute-actions' },
      file,
      h('button', { type: 'button', class: 'button small quiet', onclick: () => done(null) }, 'Cancel'),
    ),
    problem,
  );
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') done(null);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (file.ariaDisabled === 'true') return;
    file.ariaDisabled = 'true';
    request<{ dispute: DisputeView }>(`/api/attempts/${attempt}/dispute`, { sentence: sentence.value }).then(
      ({ dispute }) => done(dispute),
      (error: unknown) => {
        file.ariaDisabled = null;
        const words = error instanceof LabProblem ? [error.message, error.advice].filter(Boolean).join(' ') : 'It could not be sent.';
        problem.replaceChildren(...withCode(words));
        problem.hidden = false;
        announce(words);
      },
    );
  });
  host.replaceChildren(form);
  sentence.focus();
}
