import type { CheckResult } from '#runtime/hub.ts';
import type { TaskDispute } from '#server/workspace/workspace.ts';
import { announce } from './announce.ts';
import type { LabClient, LabState } from './client.ts';
import { fill, h } from './dom.ts';
import { time } from './turns.ts';

/**
 * Below a verdict: a quiet way to say that it is wrong, and what became of that, also when it was said of an earlier one.
 * Stays as it is while the learner writes.
 */
export function showDispute(host: HTMLElement, result: CheckResult, client: LabClient, state: LabState): void {
  if (host.querySelector('form') !== null) return;
  const { status, task } = result.verdict;
  const said = state.disputes.find((each) => each.attempt === result.attempt) ?? state.disputes.find((each) => each.task === task);
  const isOfThis = said?.attempt === result.attempt;
  const mayAsk = !isOfThis && status !== 'not-yet';
  host.hidden = said === undefined && !mayAsk;
  fill(host, JSON.stringify([result.attempt, mayAsk, said]), () => [
    said !== undefined && h('p', { tabindex: '-1' }, ...fate(said, isOfThis)),
    mayAsk && askButton(() => ask(host, result, client)),
  ]);
}

function fate({ at, sentence, settledAt, answer }: TaskDispute, isOfThis: boolean): (Node | string)[] {
  return [
    isOfThis ? 'Filed for your instructor at ' : 'An earlier verdict was filed for your instructor at ',
    time(at),
    '.',
    sentence === '' ? '' : ` You wrote: “${sentence}”`,
    ...(settledAt === null ? [] : [h('br', {}), 'Your instructor answered at ', time(settledAt), answer ? `: “${answer}”` : '.']),
  ];
}

function askButton(ask: () => Promise<void>): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'button small quiet' }, 'This verdict is wrong');
  button.addEventListener('click', () => {
    ask().catch((error: unknown) => {
      console.error(error);
      button.after(h('span', { class: 'task-problem' }, 'This could not be loaded. Reload the page and try again.'));
    });
  });
  return button;
}

async function ask(host: HTMLElement, result: CheckResult, client: LabClient): Promise<void> {
  const { askDispute } = await import('./task-dispute.ts');
  askDispute(host, result.attempt, (filed) => {
    host.replaceChildren();
    fill(host, '', () => []);
    if (filed !== null) client.filed({ ...filed, task: result.verdict.task });
    showDispute(host, result, client, client.state());
    host.querySelector<HTMLElement>(filed === null ? 'button' : 'p')?.focus();
    if (filed !== null) announce('Filed for your instructor.');
  });
}
