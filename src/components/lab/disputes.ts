import type { CheckResult } from '#runtime/hub.ts';
import { announce } from './announce.ts';
import type { LabClient, LabState } from './client.ts';
import { fill, h } from './dom.ts';
import { time } from './turns.ts';

/** Below a verdict: a quiet way to say that it is wrong, or what came of that. Stays as it is while the learner writes. */
export function showDispute(host: HTMLElement, result: CheckResult, client: LabClient, state: LabState): void {
  if (host.querySelector('form') !== null) return;
  const dispute = state.disputes.get(result.attempt);
  const { status } = result.verdict;
  host.hidden = dispute === undefined && status === 'not-yet';
  fill(host, JSON.stringify([result.attempt, host.hidden, dispute]), () => {
    if (dispute === undefined) {
      const ask = () =>
        import('./task-dispute.ts').then(({ askDispute }) => {
          askDispute(host, result.attempt, (filed) => {
            host.replaceChildren();
            fill(host, '', () => []);
            if (filed === null) showDispute(host, result, client, client.state());
            else client.filed(filed);
            host.querySelector<HTMLElement>('button, p')?.focus();
            if (filed !== null) announce('Sent to your instructor.');
          });
        });
      return [
        h(
          'button',
          { type: 'button', class: 'button small quiet', onclick: () => void ask().catch(failed(host)) },
          'This verdict is wrong',
        ),
      ];
    }
    const { at, sentence, settledAt, answer } = dispute;
    return [
      h('p', { tabindex: '-1' }, 'Filed for your instructor at ', time(at), '.', sentence !== '' && ` You wrote: “${sentence}”`),
      settledAt !== null && h('p', {}, 'Your instructor answered at ', time(settledAt), answer ? `: “${answer}”` : '.'),
    ];
  });
}

const failed = (host: HTMLElement) => (error: unknown) => {
  console.error(error);
  host.append(h('span', { class: 'task-problem' }, 'This could not be loaded. Reload the page and try again.'));
};
