import type { PhaseView } from '#runtime/hub.ts';
import { announce } from './announce.ts';
import { clockSkew } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import { confirm, fill, h, withCode } from './dom.ts';
import { keepPlace } from './keep-place.ts';
import './pane-splitter.ts';
import { labMenu } from './lab-menu.ts';
import { beginsWords, type PanelAction, type PanelView, panelView, shownPhases } from './panel-words.ts';
import { warnOfPause } from './pause-warning.ts';
import { phaseItems, remaining, tick, wayOf } from './phases.ts';
import { showShell } from './shell.ts';
import type { StartTimes } from './start-time.ts';
import { checkAllLabel } from './task-view.ts';
import { renderTicks } from './ticks.ts';
import { isRetried, tryAgain } from './try-again.ts';

const busyLabels: Readonly<Partial<Record<PanelAction, string>>> = {
  start: 'Starting…',
  reset: 'Starting over…',
  end: 'Ending…',
  resume: 'Resuming…',
};
/** Whatever may be refused here, most telling first. */
const refusable = ['start', 'resume', 'reset', 'end', 'pause', 'extend', 'stay', 'check', 'load', 'log'];

/**
 * The lab of a lesson: Start, phases, shell, ticks, and every way it can end. Draws what `LabClient` knows;
 * the idle panel is the server's, so that the page says what the lab needs without a script.
 */
class LabPanel extends HTMLElement {
  private timer: ReturnType<typeof setInterval> | undefined;
  private menu: ReturnType<typeof labMenu> | undefined;
  private hasBegun = false;

  connectedCallback(): void {
    const lab = this.getAttribute('lab') ?? '';
    const client = labClient(lab);
    this.menu = labMenu(this.box('menu') as HTMLDetailsElement);
    warnOfPause(client, this.box('idle'));
    tryAgain(client, this.box('again'));
    client.subscribe((state) => this.render(client, state));
    this.keepLog(client, lab);
    this.box('log').addEventListener('toggle', () => this.logToggled(client));
    for (const button of this.querySelectorAll<HTMLElement>('[data-action]')) {
      button.addEventListener('click', () => void this.act(client, button.dataset['action']));
    }
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
  }

  private async act(client: LabClient, action: string | undefined): Promise<void> {
    if (action === 'start') return await client.start();
    if (action === 'check') return await client.check();
    if (action === 'fold') return this.fold();
    if (action === 'log') return this.toggleLog();
    if (action === 'pause') return await client.pause();
    if (action === 'resume') return await client.resume();
    if (action === 'extend') return await client.extend();
    const mayLose = ['ready', 'paused'].includes(client.state().session?.state ?? '');
    if (action === 'reset' && (!mayLose || (await confirm(resetQuestion)))) return await client.reset();
    if (action === 'end' && (!mayLose || (await confirm(endQuestion)))) return await client.end();
  }

  /** The log is read once there is a lab; its code comes with it. */
  private keepLog(client: LabClient, lab: string): void {
    let asked = false;
    client.subscribe(({ session }) => {
      if (session === null || asked) return;
      asked = true;
      import('./lab-log.ts').then(
        ({ showLog }) => showLog(lab, { away: this.box('away'), whole: this.box('entries') }),
        (error: unknown) => console.error(error),
      );
    });
  }

  /** Beside the shell the log takes its place until it is closed again. */
  private toggleLog(): void {
    const log = this.box('log') as HTMLDetailsElement;
    log.open = !this.hasAttribute('data-log');
    this.toggleAttribute('data-log', log.open);
    log.hidden = !log.open;
    if (log.open) log.querySelector('summary')?.focus();
  }

  /** Whoever closes the log beside the shell is back at the menu it was opened from. */
  private logToggled(client: LabClient): void {
    const log = this.box('log');
    const hadFocus = log.contains(document.activeElement);
    this.render(client, client.state());
    if (hadFocus && log.hidden) this.box('menu').querySelector('summary')?.focus();
  }

  /** On a small screen the shell is a dock that can be put away for reading. */
  private fold(): void {
    const folded = this.toggleAttribute('data-folded');
    const button = this.querySelector('[data-action="fold"]');
    button?.setAttribute('aria-expanded', String(!folded));
    if (button) button.textContent = folded ? 'Show shell' : 'Hide shell';
  }

  private box(name: string): HTMLElement {
    const box = this.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (box === null) throw new Error(`the lab panel has no part "${name}"`);
    return box;
  }

  private render(client: LabClient, state: LabState): void {
    const view = panelView(state.session, state.phases?.phases, state.place);
    this.dataset['state'] = state.session?.state ?? 'none';
    this.dataset['tone'] = view.tone;
    const workspace = this.closest<HTMLElement>('[data-room]');
    if (workspace !== null && workspace.dataset['room'] !== view.room) keepPlace(() => workspace.setAttribute('data-room', view.room));
    this.box('bar').hidden = view.room !== 'shell';
    this.renderStatus(client, state, view);
    this.renderPhases(state);
    this.box('count').textContent = renderTicks(this.box('ticks'), state);
    const check = this.querySelector('[data-action="check"]');
    check?.setAttribute('aria-disabled', String(state.busy.has('check')));
    if (check) check.textContent = checkAllLabel(client.tries(), state.busy.has('check'));
    this.menu?.render(state);
    this.renderLog(view, state.log.length === 0);
    this.renderShell(state.session);
  }

  private renderLog(view: PanelView, isEmpty: boolean): void {
    const log = this.box('log') as HTMLDetailsElement;
    if (!log.open) this.removeAttribute('data-log');
    log.hidden = isEmpty || (view.room === 'shell' && !this.hasAttribute('data-log'));
  }

  /** A pause keeps the screen as it was, out of sight, for when the lab goes on. */
  private renderShell(session: LabState['session']): void {
    const shell = this.box('shell');
    const isKept = session?.state === 'paused' && (shell.dataset['key'] ?? '') !== '';
    showShell(shell, session?.state === 'ready' || isKept ? session : null);
    shell.hidden = session?.state !== 'ready';
  }

  private renderStatus(client: LabClient, state: LabState, view: PanelView): void {
    const refused = refusable.find((name) => state.problems.has(name)) ?? '';
    const problem = state.problems.get(refused);
    // Beside the shell, the terminal says so itself.
    const offline = view.room !== 'shell' && state.session !== null && !state.connected;
    const asked = view.actions.find(({ action }) => state.busy.has(action))?.action;
    const key = JSON.stringify([view, problem?.message, problem?.retryAfter, offline, asked]);
    const says = this.box('says');
    const before = says.textContent;
    fill(says, key, () => [
      view.title !== '' && (view.room !== 'shell' || problem === undefined) && h('h3', { class: 'lab-title' }, view.title),
      view.text !== '' && h('p', {}, ...withCode(view.text)),
      view.advice !== '' && h('p', { class: 'lab-advice' }, ...withCode(view.advice)),
      offline && h('p', { class: 'lab-offline' }, 'The connection was lost. It comes back by itself; your lab is not affected.'),
      problem !== undefined &&
        h('p', { class: 'lab-problem' }, h('strong', {}, ...withCode(problem.message)), ...withCode(` ${problem.advice ?? ''}`)),
      !isRetried(refused) && problem?.retryAfter !== undefined && h('p', {}, `Try again in about ${problem.retryAfter} s.`),
    ]);
    // Beside the shell good news is only spoken; what the page began with is no news.
    says.hidden = says.childElementCount === 0 || (view.room === 'shell' && problem === undefined);
    if (this.hasBegun && says.textContent !== before) announce([...says.children].map((part) => part.textContent).join(' '));
    this.hasBegun = true;
    fill(this.box('actions'), JSON.stringify([view.actions, asked]), () =>
      view.actions.map(({ action, label }, index) =>
        h(
          'button',
          {
            type: 'button',
            class: index === 0 && action !== 'end' ? 'button primary' : 'button',
            'aria-disabled': asked === undefined ? null : 'true',
            onclick: () => void this.act(client, action),
          },
          (asked === action ? busyLabels[action] : undefined) ?? label,
        ),
      ),
    );
  }

  /** What all of it took here before: a start, a reset or a resume. */
  private wholeTime(session: LabState['session'], phases: readonly PhaseView[]): { p50: number; p90: number } | null {
    if (session?.state === 'paused') {
      const { p50, p90 } = phases[0] ?? {};
      return p50 === undefined || p90 === undefined ? null : { p50, p90 };
    }
    const times = JSON.parse(this.dataset['times'] ?? '{}') as StartTimes;
    return times[wayOf(phases)] ?? null;
  }

  private renderPhases(state: LabState): void {
    const phases = shownPhases(state.session, state.phases?.phases ?? []);
    const list = this.box('phases');
    fill(list, JSON.stringify(phases), () => phaseItems(phases));
    list.hidden = phases.length === 0;
    const running = phases.some((phase) => phase.state === 'running');
    const whole = this.wholeTime(state.session, phases);
    const update = () => {
      tick(list);
      const left = this.box('left');
      left.textContent = beginsWords(state.place) || remaining(phases, Date.now() + clockSkew, whole);
      left.hidden = left.textContent === '';
    };
    update();
    clearInterval(this.timer);
    if (running) this.timer = setInterval(update, 1000);
  }
}

const resetQuestion = {
  title: 'Reset the lab?',
  text: 'Everything you made in the cluster and in the shell is lost, and the lab begins anew. Saved results stay.',
  yes: 'Reset',
};
const endQuestion = {
  title: 'End the lab?',
  text: 'Its cluster, its shell and the files in it are removed. Saved results stay.',
  yes: 'End lab',
};

customElements.define('lab-panel', LabPanel);
