import type { CheckResult } from '#runtime/hub.ts';
import { announce } from './announce.ts';
import type { AnswerFields } from './answer-fields.ts';
import type { LabProblem } from './api.ts';
import type { LabClient, LabState } from './client.ts';
import { showDispute } from './disputes.ts';
import { fill, h, statusMark } from './dom.ts';
import { findingList } from './findings.ts';
import { showProblem } from './task-problem.ts';
import { checkLabel, spoken, type TaskKnown, taskView } from './task-view.ts';
import { showTrying } from './trying.ts';
import { showTurns, time } from './turns.ts';
import { showWaiting } from './waiting.ts';

interface Parts {
  task: string;
  client: LabClient;
  fields: AnswerFields;
  check(): void;
}

/** What a task shows while it has a lab: the Check button when the lab is ready, and its latest verdict. */
export class LiveTask {
  private readonly element: HTMLElement;
  private readonly parts: Parts;
  private readonly tries: boolean;
  private told: LabProblem | undefined;
  private hasBegun = false;
  private hasVerdict = false;
  private wasChecking = false;

  constructor(element: HTMLElement, parts: Parts) {
    this.element = element;
    this.parts = parts;
    this.tries = parts.client.tries(parts.task);
  }

  render(state: LabState): void {
    const { task, fields } = this.parts;
    const result = state.verdicts.get(task);
    const checking = state.busy.has(`check:${task}`) || state.busy.has('check');
    const passedBefore = state.bests.get(task)?.status === 'passed';
    const checked = this.wasChecking && !checking;
    this.wasChecking = checking;
    if (result !== undefined) this.renderVerdict(result, state, passedBefore, checked);
    else if (this.hasVerdict) this.renderAnew(passedBefore);
    this.renderActions(state.session?.state === 'ready', checking);
    showTrying(this.box('trying'), this.tries && checking);
    const ofAll = state.problems.get('check');
    this.renderProblem(state.problems.get(`check:${task}`) ?? (fields.has(ofAll?.field) ? ofAll : undefined));
    this.hasBegun = true;
  }

  private box(name: string): HTMLElement {
    const part = this.element.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (part === null) throw new Error(`the task has no part "${name}"`);
    return part;
  }

  private renderActions(ready: boolean, checking: boolean): void {
    const actions = this.box('actions');
    actions.hidden = !ready;
    const described = this.tries ? `trial-${this.parts.task}` : null;
    fill(actions, 'button', () => [
      h('button', { type: 'button', class: 'button small', 'aria-describedby': described, onclick: () => this.parts.check() }),
    ]);
    const button = actions.querySelector('button');
    // Not `disabled`: that would drop the keyboard's focus.
    button?.setAttribute('aria-disabled', String(checking));
    const again = this.element.dataset['status'] === 'cannot-check' ? 'cannot-check' : undefined;
    if (button) button.textContent = checkLabel(this.tries, checking, again);
  }

  private renderVerdict(result: CheckResult, state: LabState, passedBefore: boolean, checked: boolean): void {
    const { verdict, savedAt } = result;
    const { lasts, settles, title = '' } = this.element.dataset;
    const known: TaskKnown = {
      verdict,
      savedAt,
      history: state.history[this.parts.task],
      passedBefore,
      lasts: lasts === 'once' || lasts === 'state' ? lasts : null,
      settlesWithin: settles === undefined ? null : Number(settles),
    };
    const view = taskView(known);
    // What the page began with is no news; a verdict that was asked for is, even if it says the same.
    const turned = !this.hasVerdict || this.element.dataset['status'] !== view.shown;
    if (this.hasBegun && (checked ? !this.isRefused(state) : turned && !this.wasChecking)) announce(spoken(title, view));
    this.hasVerdict = true;
    this.element.dataset['status'] = view.shown;
    fill(this.box('status'), JSON.stringify([view.shown, view.notes, savedAt]), () => [
      statusMark(view.shown),
      h('strong', {}, view.word),
      savedAt !== null && h('span', { class: 'task-saved' }, 'Saved at ', time(savedAt)),
      ...view.notes.map((note) => h('span', { class: 'task-note' }, note)),
    ]);
    showWaiting(this.box('waiting'), view.waits);
    fill(this.box('findings'), JSON.stringify(view.findings), () => [view.findings.length > 0 && findingList(view.findings)]);
    showTurns(this.box('turns'), view);
    showDispute(this.box('dispute'), result, this.parts.client, state);
  }

  /** The lab began anew: its verdicts are of one that is gone. */
  private renderAnew(passedBefore: boolean): void {
    this.hasVerdict = false;
    this.element.dataset['status'] = passedBefore ? 'passed' : 'open';
    fill(this.box('status'), 'anew', () => [passedBefore && statusMark('passed'), passedBefore && h('span', {}, 'Passed earlier')]);
    fill(this.box('findings'), '', () => []);
    showWaiting(this.box('waiting'), null);
    showTurns(this.box('turns'), { firstPassedAt: null, turns: [] });
    const dispute = this.box('dispute');
    fill(dispute, '', () => []);
    dispute.hidden = true;
  }

  private isRefused({ problems }: LabState): boolean {
    return problems.has('check') || problems.has(`check:${this.parts.task}`);
  }

  private renderProblem(problem: LabProblem | undefined): void {
    if (problem === this.told) return;
    this.told = problem;
    const note = this.box('problem');
    showProblem(note, problem, this.parts.fields.has(problem?.field));
    this.parts.fields.blame(problem?.field, note.id);
  }
}
