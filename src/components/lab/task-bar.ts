import { labClient } from './client.ts';
import { renderTicks } from './ticks.ts';

/** Keeps the line of tasks above a lesson's prose up to date. */
class TaskBar extends HTMLElement {
  connectedCallback(): void {
    const count = this.querySelector('[data-part="count"]');
    labClient(this.getAttribute('lab') ?? '').subscribe((state) => {
      const words = renderTicks(this, state);
      if (count !== null) count.textContent = words;
    });
  }
}

customElements.define('task-bar', TaskBar);
