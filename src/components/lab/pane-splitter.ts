import { remember } from '#components/site/remember.ts';
import { keepPlace } from './keep-place.ts';

const least = 30;
const most = 70;
const usual = 46;

/** The bar between lesson and shell: dragged, or moved by arrow keys; a double click puts it back. Remembered in a cookie, so that the server draws the page right at once. */
class PaneSplitter extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('pointerdown', (event) => {
      this.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    this.addEventListener('pointermove', (event) => {
      if (this.hasPointerCapture(event.pointerId)) this.show((100 * event.clientX) / window.innerWidth);
    });
    this.addEventListener('pointerup', () => this.keep());
    this.addEventListener('dblclick', () => {
      this.show(usual);
      this.keep();
    });
    this.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
      if (step !== undefined) this.show(this.value + step);
      else if (event.key === 'Home') this.show(least);
      else if (event.key === 'End') this.show(most);
      else return;
      event.preventDefault();
      this.keep();
    });
  }

  private get value(): number {
    return Number(this.getAttribute('aria-valuenow'));
  }

  private show(percent: number): void {
    const value = Math.min(most, Math.max(least, Math.round(percent)));
    if (value === this.value) return;
    this.setAttribute('aria-valuenow', String(value));
    keepPlace(() => this.parentElement?.style.setProperty('--split', `${value}%`));
  }

  private keep(): void {
    remember('split', String(this.value));
  }
}

customElements.define('pane-splitter', PaneSplitter);
