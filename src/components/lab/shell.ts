import { keep, unsent } from '#components/lesson/desk.ts';
import type { Tabs } from '#course/desk.ts';
import type { SessionView } from '#runtime/hub.ts';
import { h } from './dom.ts';
import type { SlipwayShells } from './terminal/slipway-shells.ts';

/**
 * Shows the shells of a session in `host`, or none. A reset makes other shells: the element is made anew for each epoch.
 * `host` says in `data-tabs` which tabs the page was drawn with.
 */
export function showShell(host: HTMLElement, session: SessionView | null): void {
  const key = session === null ? '' : `${session.id}/${session.epoch}`;
  if ((host.dataset['key'] ?? '') === key) {
    const state = session?.state ?? '';
    if (state === 'ready' && host.dataset['state'] !== state) host.querySelector('slipway-shells')?.wake();
    host.dataset['state'] = state;
    return;
  }
  host.dataset['key'] = key;
  host.dataset['state'] = session?.state ?? '';
  host.hidden = session === null;
  host.replaceChildren();
  if (session === null) return;
  import('./terminal/slipway-shells.ts').then(
    () => {
      if (host.dataset['key'] !== key) return;
      const shells = document.createElement('slipway-shells');
      host.replaceChildren(shells);
      shells.show({
        session: session.id,
        epoch: session.epoch,
        tabs: (unsent(`tabs:${session.lab}`) ?? JSON.parse(host.dataset['tabs'] ?? 'null')) as Tabs | null,
        keep: (tabs) => keepTabs(host, session.lab, tabs),
      });
      for (const run of waiting.splice(0)) run(shells);
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

/** Commands asked for while the terminal was being loaded. */
const waiting: ((shells: SlipwayShells) => void)[] = [];

/**
 * Types a command of the lesson into the shell, once for each `id`; see `SlipwayShells.run`. It is kept while the
 * terminal is being loaded. False when the page shows no shell.
 */
export function runInShell(id: string, text: string, tab: string | null = null): boolean {
  const shells = document.querySelector('slipway-shells');
  if (shells !== null) shells.run(id, text, tab);
  else if (document.querySelector('.shell:not([hidden])') !== null) waiting.push((its) => its.run(id, text, tab));
  else return false;
  return true;
}

/** Keeps the tabs on the learner's desk, and on the page for the next time its shell is shown. */
function keepTabs(host: HTMLElement, lab: string, tabs: Tabs): void {
  host.dataset['tabs'] = JSON.stringify(tabs);
  keep(`tabs:${lab}`, tabs);
}
