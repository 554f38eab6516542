import type { SessionView } from '#runtime/hub.ts';
import { h } from './dom.ts';

/** Shows the shell of a session in `host`, or none. A reset makes another shell: the element is made anew for each epoch. */
export function showShell(host: HTMLElement, session: SessionView | null): void {
  const key = session === null ? '' : `${session.id}/${session.epoch}`;
  if ((host.dataset['key'] ?? '') === key) return;
  host.dataset['key'] = key;
  host.hidden = session === null;
  host.replaceChildren();
  if (session === null) return;
  import('./terminal/slipway-terminal.ts').then(
    () => {
      if (host.dataset['key'] !== key) return;
      const terminal = document.createElement('slipway-terminal');
      terminal.setAttribute('session', session.id);
      terminal.setAttribute('shell', '1');
      host.replaceChildren(terminal);
    },
    (error: unknown) => {
      console.error(error);
      const again = () => {
        delete host.dataset['key'];
        showShell(host, session);
      };
      host.replaceChildren(
        h(
          'p',
          { class: 'shell-problem', role: 'alert' },
          'The terminal could not be loaded. ',
          h('button', { type: 'button', class: 'button small', onclick: again }, 'Try again'),
        ),
      );
    },
  );
}
