import type { CheckResult } from '#runtime/hub.ts';
import { answerFields } from './answer-fields.ts';
import type { LabProblem } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import { fill, h, statusMark, withCode } from './dom.ts';
import { findingList } from './findings.ts';
import { checkLabel, type TaskKnown, taskView } from './task-view.ts';
import { showTrying } from './trying.ts';
import { showTurns, time } from './turns.ts';

/** A task in the prose: its fields and Check button while the lab is ready, and its latest verdict. What the server drew stays until then. */
class LabTask extends HTMLElement {
  private readonly task = this.getAttribute('task') ?? '';
  private readonly client: LabClient = labClient(this.getAttribute('lab') ?? '');
  private readonly tries = this.client.tries(this.task);
  private readonly fields = answerFields(this, `${this.getAttribute('lab')}:${this.task}`, () => this.check());
  private told: LabProblem | undefined;
  private hasVerdict = false;

  connectedCallback(): void {
    this.client.join(this.task, this.fields);
    this.client.subscribe((state) => this.render(state));
  }

  private check(): void {
    if (this.client.state().session?.state === 'ready') void this.client.check(this.task);
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
    this.renderActions(ready, checking);
    showTrying(this.box('trying'), this.tries && checking);
    const passedBefore = state.bests.get(this.task)?.status === 'passed';
    if (result !== undefined) this.renderVerdict(result, state.history[this.task], passedBefore);
    else if (this.hasVerdict) this.renderAnew(passedBefore);
    const ofAll = state.problems.get('check');
    this.renderProblem(state.problems.get(`check:${this.task}`) ?? (this.fields.has(ofAll?.field) ? ofAll : undefined));
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
    if (button) button.textContent = checkLabel(this.tries, checking);
  }

  private renderVerdict({ verdict, savedAt }: CheckResult, history: TaskKnown['history'], passedBefore: boolean): void {
    this.hasVerdict = true;
    const lasts = this.dataset['lasts'];
    const known: TaskKnown = {
      verdict,
      savedAt,
      history,
      passedBefore,
      lasts: lasts === 'once' || lasts === 'state' ? lasts : null,
    };
    const view = taskView(known);
    this.dataset['status'] = view.shown;
    fill(this.box('status'), JSON.stringify([view.shown, view.notes, savedAt]), () => [
      statusMark(view.shown),
      h('strong', {}, view.word),
      savedAt !== null && h('span', { class: 'task-saved' }, 'Saved at ', time(savedAt)),
      ...view.notes.map((note) => h('span', { class: 'task-note' }, note)),
    ]);
    fill(this.box('findings'), JSON.stringify(view.findings), () => [view.findings.length > 0 && findingList(view.findings)]);
    showTurns(this.box('turns'), view);
  }

  /** The lab began anew: its verdicts are of one that is gone. */
  private renderAnew(passedBefore: boolean): void {
    this.hasVerdict = false;
    this.dataset['status'] = passedBefore ? 'passed' : 'open';
    fill(this.box('status'), 'anew', () => [passedBefore && statusMark('passed'), passedBefore && h('span', {}, 'Passed earlier')]);
    fill(this.box('findings'), '', () => []);
    showTurns(this.box('turns'), { firstPassedAt: null, turns: [] });
  }

  private renderProblem(problem: LabProblem | undefined): void {
    if (problem === this.told) return;
    this.told = problem;
    const note = this.box('problem');
    const text = [problem?.message, problem?.advice].filter(Boolean).join(' ');
    note.replaceChildren(...withCode(text));
    note.hidden = problem === undefined;
    this.fields.blame(problem?.field, note.id);
  }
}

customElements.define('lab-task', LabTask);
