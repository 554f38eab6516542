import { type AnswerFields, answerFields } from './answer-fields.ts';
import { LabProblem } from './api.ts';
import { type LabClient, type LabState, labClient } from './client.ts';
import type { LiveTask } from './task-live.ts';
import { showProblem } from './task-problem.ts';

/**
 * A task in the prose: its fields and its help. What it shows of a lab is loaded when there is one; until then it is as
 * the server drew it.
 */
class LabTask extends HTMLElement {
  private readonly task = this.getAttribute('task') ?? '';
  private readonly lab = this.getAttribute('lab') ?? '';
  private readonly client: LabClient = labClient(this.lab);
  private readonly fields: AnswerFields = answerFields(this, this.lab, () => this.check());
  private live: LiveTask | null = null;
  private isLoading = false;

  connectedCallback(): void {
    this.client.join(this.task, this.fields);
    this.client.subscribe((state) => this.render(state));
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-ask]')) {
      button.addEventListener('click', () => void this.ask(button));
      button.parentElement?.removeAttribute('hidden');
    }
  }

  private check(): void {
    const isReady = this.client.state().session?.state === 'ready';
    const advice = 'Start it first; what you typed stays.';
    this.say(isReady ? undefined : new LabProblem('no-lab', 'There is no lab to look at yet.', { advice }));
    if (isReady) void this.client.check(this.task);
  }

  private say(problem: LabProblem | undefined): void {
    const note = this.querySelector<HTMLElement>('[data-part="problem"]');
    if (note !== null) showProblem(note, problem);
  }

  private render(state: LabState): void {
    this.live?.render(state);
    if (this.live !== null || this.isLoading || state.session === null) return;
    this.isLoading = true;
    import('./task-live.ts')
      .then(({ LiveTask }) => {
        this.live = new LiveTask(this, { task: this.task, client: this.client, fields: this.fields, check: () => this.check() });
        this.live.render(this.client.state());
      })
      // The next change tries again.
      .catch((error: unknown) => console.error(error))
      .finally(() => {
        this.isLoading = false;
      });
  }

  /** For the next hint, or the solution. */
  private async ask(button: HTMLButtonElement): Promise<void> {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    this.say(undefined);
    try {
      const { askSolution, openHint } = await import('./task-help.ts');
      await (button.dataset['ask'] === 'hint' ? openHint : askSolution)(this, this.lab, button);
    } catch (error) {
      if (!(error instanceof LabProblem)) console.error(error);
      const unexpected = () =>
        new LabProblem('page', 'This could not be shown.', { advice: 'Reload the page and try again.', cause: error });
      this.say(error instanceof LabProblem ? error : unexpected());
    }
    button.ariaDisabled = null;
  }
}

customElements.define('lab-task', LabTask);
