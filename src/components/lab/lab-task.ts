import type { CheckResult } from '#runtime/hub.ts';
import type { LabProblem } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import { fill, h, statusMark, withCode } from './dom.ts';
import { findingList } from './findings.ts';
import { statusHelp, statusWords } from './words.ts';

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

/** A task in the prose: its Check button while the lab is ready, and its latest verdict. What the server drew stays until then. */
class LabTask extends HTMLElement {
  connectedCallback(): void {
    const task = this.getAttribute('task') ?? '';
    const client = labClient(this.getAttribute('lab') ?? '');
    client.subscribe((state) => this.render(task, client, state));
  }

  private render(task: string, client: LabClient, state: LabState): void {
    const result = state.verdicts.get(task);
    const ready = state.session?.state === 'ready';
    const checking = state.busy.has(`check:${task}`) || state.busy.has('check');
    this.renderActions(task, client, ready, checking);
    if (result !== undefined) this.renderVerdict(result, state.bests.get(task)?.status === 'passed');
    this.renderProblem(state.problems.get(`check:${task}`));
  }

  private renderActions(task: string, client: LabClient, ready: boolean, checking: boolean): void {
    const actions = this.querySelector<HTMLElement>('[data-part="actions"]');
    if (actions === null) return;
    actions.hidden = !ready;
    fill(actions, 'button', () => [
      h('button', { type: 'button', class: 'button small', onclick: () => void client.check(task) }, 'Check'),
    ]);
    const button = actions.querySelector('button');
    // Not `disabled`: that would drop the keyboard's focus.
    button?.setAttribute('aria-disabled', String(checking));
    if (button) button.textContent = checking ? 'Checking…' : 'Check';
  }

  private renderVerdict(result: CheckResult, passedBefore: boolean): void {
    const { verdict, savedAt } = result;
    this.dataset['status'] = verdict.status;
    const saved = savedAt === null ? '' : `Saved at ${clock.format(new Date(savedAt))}`;
    const lost = passedBefore && verdict.status !== 'passed' ? 'It was passed before, and that stays in your results.' : '';
    const key = JSON.stringify([verdict, savedAt]);
    const status = this.querySelector('[data-part="status"]');
    if (status !== null) {
      fill(status, key, () => [
        statusMark(verdict.status),
        h('strong', {}, statusWords[verdict.status]),
        saved !== '' && h('span', { class: 'task-saved' }, saved),
        statusHelp[verdict.status] !== '' && h('span', { class: 'task-note' }, statusHelp[verdict.status]),
        lost !== '' && h('span', { class: 'task-note' }, lost),
      ]);
    }
    const findings = this.querySelector('[data-part="findings"]');
    if (findings !== null) fill(findings, key, () => [verdict.findings.length > 0 && findingList(verdict.findings)]);
  }

  private renderProblem(problem: LabProblem | undefined): void {
    const actions = this.querySelector('[data-part="actions"]');
    if (actions === null) return;
    let note = this.querySelector<HTMLElement>('.task-problem');
    if (note === null) {
      note = h('p', { class: 'task-problem', role: 'alert' });
      this.querySelector('[data-part="findings"]')?.before(note);
    }
    note.replaceChildren(...withCode([problem?.message, problem?.advice].filter(Boolean).join(' ')));
    note.hidden = problem === undefined;
  }
}

customElements.define('lab-task', LabTask);
