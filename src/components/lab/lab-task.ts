import type { CheckResult } from '#runtime/hub.ts';
import { announce } from './announce.ts';
import { answerFields } from './answer-fields.ts';
import { LabProblem } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import { showDispute } from './disputes.ts';
import { fill, h, statusMark, withCode } from './dom.ts';
import { findingList } from './findings.ts';
import { checkLabel, spoken, type TaskKnown, taskView } from './task-view.ts';
import { showTrying } from './trying.ts';
import { showTurns, time } from './turns.ts';
import { showWaiting } from './waiting.ts';

/** A task in the prose: its fields, its help, its Check button while the lab is ready, and its latest verdict. What the server drew stays until then. */
class LabTask extends HTMLElement {
  private readonly task = this.getAttribute('task') ?? '';
  private readonly lab = this.getAttribute('lab') ?? '';
  private readonly client: LabClient = labClient(this.lab);
  private readonly tries = this.client.tries(this.task);
  private readonly fields = answerFields(this, this.lab, () => this.check());
  private told: LabProblem | undefined;
  private ofHelp: LabProblem | undefined;
  private hasBegun = false;
  private hasVerdict = false;
  private wasChecking = false;

  connectedCallback(): void {
    this.client.join(this.task, this.fields);
    this.client.subscribe((state) => this.render(state));
    this.hasBegun = true;
    this.box('asks').hidden = false;
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-ask]')) {
      button.addEventListener('click', () => void this.ask(button));
    }
  }

  private check(): void {
    if (this.client.state().session?.state === 'ready') void this.client.check(this.task);
  }

  /** For the next hint, or the solution. */
  private async ask(button: HTMLButtonElement): Promise<void> {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    this.ofHelp = undefined;
    try {
      const { askSolution, openHint } = await import('./task-help.ts');
      await (button.dataset['ask'] === 'hint' ? openHint : askSolution)(this, this.lab, button);
    } catch (error) {
      if (!(error instanceof LabProblem)) console.error(error);
      const unexpected = () =>
        new LabProblem('page', 'This could not be shown.', { advice: 'Reload the page and try again.', cause: error });
      this.ofHelp = error instanceof LabProblem ? error : unexpected();
    }
    button.ariaDisabled = null;
    this.render(this.client.state());
  }

  private box(name: string): HTMLElement {
    const part = this.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (part === null) throw new Error(`the task has no part "${name}"`);
    return part;
  }

  private render(state: LabState): void {
    const result = state.verdicts.get(this.task);
    const ready = state.session?.state === 'ready';
    const checking = state.busy.has(`check:${this.task}`) || state.busy.has('check');
    const passedBefore = state.bests.get(this.task)?.status === 'passed';
    const checked = this.wasChecking && !checking;
    this.wasChecking = checking;
    if (result !== undefined) this.renderVerdict(result, state, passedBefore, checked);
    else if (this.hasVerdict) this.renderAnew(passedBefore);
    this.renderActions(ready, checking);
    showTrying(this.box('trying'), this.tries && checking);
    const ofAll = state.problems.get('check');
    this.renderProblem(state.problems.get(`check:${this.task}`) ?? (this.fields.has(ofAll?.field) ? ofAll : undefined) ?? this.ofHelp);
  }

  private renderActions(ready: boolean, checking: boolean): void {
    const actions = this.box('actions');
    actions.hidden = !ready;
    const described = this.tries ? `trial-${this.task}` : null;
    fill(actions, 'button', () => [
      h('button', { type: 'button', class: 'button small', 'aria-describedby': described, onclick: () => this.check() }),
    ]);
    const button = actions.querySelector('button');
    // Not `disabled`: that would drop the keyboard's focus.
    button?.setAttribute('aria-disabled', String(checking));
    const again = this.dataset['status'] === 'cannot-check' ? 'cannot-check' : undefined;
    if (button) button.textContent = checkLabel(this.tries, checking, again);
  }

  private renderVerdict(result: CheckResult, state: LabState, passedBefore: boolean, checked: boolean): void {
    const { verdict, savedAt } = result;
    const { lasts, settles, title = '' } = this.dataset;
    const known: TaskKnown = {
      verdict,
      savedAt,
      history: state.history[this.task],
      passedBefore,
      lasts: lasts === 'once' || lasts === 'state' ? lasts : null,
      settlesWithin: settles === undefined ? null : Number(settles),
    };
    const view = taskView(known);
    // What the page began with is no news; a verdict that was asked for is, even if it says the same.
    const turned = !this.hasVerdict || this.dataset['status'] !== view.shown;
    if (this.hasBegun && (checked ? !this.isRefused(state) : turned && !this.wasChecking)) announce(spoken(title, view));
    this.hasVerdict = true;
    this.dataset['status'] = view.shown;
    fill(this.box('status'), JSON.stringify([view.shown, view.notes, savedAt]), () => [
      statusMark(view.shown),
      h('strong', {}, view.word),
      savedAt !== null && h('span', { class: 'task-saved' }, 'Saved at ', time(savedAt)),
      ...view.notes.map((note) => h('span', { class: 'task-note' }, note)),
    ]);
    showWaiting(this.box('waiting'), view.waits);
    fill(this.box('findings'), JSON.stringify(view.findings), () => [view.findings.length > 0 && findingList(view.findings)]);
    showTurns(this.box('turns'), view);
    showDispute(this.box('dispute'), result, this.client, state);
  }

  /** The lab began anew: its verdicts are of one that is gone. */
  private renderAnew(passedBefore: boolean): void {
    this.hasVerdict = false;
    this.dataset['status'] = passedBefore ? 'passed' : 'open';
    fill(this.box('status'), 'anew', () => [passedBefore && statusMark('passed'), passedBefore && h('span', {}, 'Passed earlier')]);
    fill(this.box('findings'), '', () => []);
    showWaiting(this.box('waiting'), null);
    showTurns(this.box('turns'), { firstPassedAt: null, turns: [] });
    const dispute = this.box('dispute');
    fill(dispute, '', () => []);
    dispute.hidden = true;
  }

  private isRefused({ problems }: LabState): boolean {
    return problems.has('check') || problems.has(`check:${this.task}`);
  }

  private renderProblem(problem: LabProblem | undefined): void {
    if (problem === this.told) return;
    this.told = problem;
    const note = this.box('problem');
    const text = [problem?.message, problem?.advice].filter(Boolean).join(' ');
    note.replaceChildren(...withCode(text));
    note.hidden = problem === undefined;
    // Going to the field reads its description out.
    if (!this.fields.has(problem?.field)) announce(text);
    this.fields.blame(problem?.field, note.id);
  }
}

customElements.define('lab-task', LabTask);
