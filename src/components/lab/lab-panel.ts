import { clockSkew } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import { confirm, fill, h, withCode } from './dom.ts';
import { keepPlace } from './keep-place.ts';
import { type PanelAction, type PanelView, panelView } from './panel-words.ts';
import { phaseItems, remaining, tick } from './phases.ts';
import { showShell } from './shell.ts';
import { checkAllLabel } from './task-view.ts';
import { renderTicks } from './ticks.ts';

const busyLabels: Readonly<Record<PanelAction, string>> = { start: 'Starting…', reset: 'Starting over…', end: 'Ending…' };

/**
 * The lab of a lesson: Start, phases, shell, ticks, and every way it can end. Draws what `LabClient` knows;
 * the idle panel is the server's, so that the page says what the lab needs without a script.
 */
class LabPanel extends HTMLElement {
  private timer: ReturnType<typeof setInterval> | undefined;

  connectedCallback(): void {
    const client = labClient(this.getAttribute('lab') ?? '');
    client.subscribe((state) => this.render(client, state));
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
    const ready = client.state().session?.state === 'ready';
    if (action === 'reset' && (!ready || (await confirm(resetQuestion)))) return await client.reset();
    if (action === 'end' && (!ready || (await confirm(endQuestion)))) return await client.end();
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
    const view = panelView(state.session);
    this.dataset['state'] = state.session?.state ?? 'none';
    this.dataset['tone'] = view.tone;
    const workspace = this.closest<HTMLElement>('[data-room]');
    if (workspace !== null && workspace.dataset['room'] !== view.room) keepPlace(() => workspace.setAttribute('data-room', view.room));
    this.box('bar').hidden = view.room !== 'shell';
    this.renderStatus(client, state, view);
    this.renderPhases(state, view);
    this.box('count').textContent = renderTicks(this.box('ticks'), state);
    const check = this.querySelector('[data-action="check"]');
    check?.setAttribute('aria-disabled', String(state.busy.has('check')));
    if (check) check.textContent = checkAllLabel(client.tries(), state.busy.has('check'));
    showShell(this.box('shell'), view.room === 'shell' ? state.session : null);
  }

  private renderStatus(client: LabClient, state: LabState, view: PanelView): void {
    const problem = ['start', 'reset', 'end', 'check', 'load'].map((name) => state.problems.get(name)).find((each) => each !== undefined);
    // Beside the shell, the terminal says so itself.
    const offline = view.room !== 'shell' && state.session !== null && !state.connected;
    const asked = view.actions.find(({ action }) => state.busy.has(action))?.action;
    const key = JSON.stringify([view, problem?.message, problem?.retryAfter, offline, asked]);
    const says = this.box('says');
    fill(says, key, () => [
      view.title !== '' && (view.room !== 'shell' || problem === undefined) && h('h3', { class: 'lab-title' }, view.title),
      view.text !== '' && h('p', {}, ...withCode(view.text)),
      view.advice !== '' && h('p', { class: 'lab-advice' }, ...withCode(view.advice)),
      offline && h('p', { class: 'lab-offline' }, 'The connection was lost. It comes back by itself; your lab is not affected.'),
      problem !== undefined &&
        h('p', { class: 'lab-problem' }, h('strong', {}, ...withCode(problem.message)), ...withCode(` ${problem.advice ?? ''}`)),
      problem?.retryAfter !== undefined && h('p', {}, `Try again in about ${problem.retryAfter} s.`),
    ]);
    says.hidden = says.childElementCount === 0;
    // Beside the shell good news is only spoken.
    says.classList.toggle('visually-hidden', view.room === 'shell' && problem === undefined);
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
          asked === action ? busyLabels[action] : label,
        ),
      ),
    );
  }

  private renderPhases(state: LabState, view: PanelView): void {
    const phases = view.room === 'phases' ? (state.phases?.phases ?? []) : [];
    const list = this.box('phases');
    fill(list, JSON.stringify(phases), () => phaseItems(phases));
    list.hidden = phases.length === 0;
    const running = phases.some((phase) => phase.state === 'running');
    const { p50, p90 } = this.dataset;
    const whole = p50 === undefined || p90 === undefined ? null : { p50: Number(p50), p90: Number(p90) };
    const update = () => {
      tick(list);
      const left = this.box('left');
      left.textContent = remaining(phases, Date.now() + clockSkew, whole);
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
