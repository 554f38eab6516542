import { LabProblem } from '#components/lab/api.ts';
import { labClient } from '#components/lab/client.ts';
import { fill, h, withCode } from '#components/lab/dom.ts';
import type { SessionView } from '#runtime/hub.ts';
import { openPreview, ticketMilliseconds } from './open-preview.ts';

/** Why a preview cannot be opened in this state of the lab; empty when it can. */
export function previewHindrance(state: SessionView['state'] | undefined): string {
  if (state === 'ready') return '';
  if (state === 'queued' || state === 'starting') return 'Opens once the lab is ready.';
  if (state === 'paused') return 'The lab is paused: resume it first.';
  if (state === 'failed' || state === 'crashed') return 'The lab does not run: start it again first.';
  return 'Start the lab first.';
}

let count = 0;

/** The button that opens a program of the lab. */
class LabPreview extends HTMLElement {
  private hindrance = '';
  private busy = false;
  private said: { key: string; nodes: (string | HTMLElement)[] } | null = null;

  connectedCallback(): void {
    const client = labClient(this.getAttribute('lab') ?? '');
    const button = this.querySelector('button');
    const why = this.querySelector('[data-part="why"]');
    if (why !== null) {
      count += 1;
      why.id = `preview-why-${count}`;
      button?.setAttribute('aria-describedby', why.id);
    }
    client.subscribe(({ session }) => {
      const hindrance = previewHindrance(session?.state);
      if (hindrance !== this.hindrance) this.said = null;
      this.hindrance = hindrance;
      this.render();
    });
    button?.addEventListener('click', () => {
      const { session } = client.state();
      if (session?.state !== 'ready' || this.busy) return;
      void this.open(session.id);
    });
  }

  private async open(session: string): Promise<void> {
    this.busy = true;
    this.said = { key: 'opening', nodes: ['Opening…'] };
    this.render();
    try {
      const title = this.querySelector('button > span')?.textContent ?? '';
      const { kept } = await openPreview(session, this.getAttribute('label') ?? '', title);
      this.said = kept === null ? null : { key: kept, nodes: ['Your browser opened no tab. ', this.link(kept)] };
    } catch (error) {
      if (!(error instanceof LabProblem)) throw error;
      this.said = { key: error.message, nodes: withCode([error.message, error.advice].filter(Boolean).join(' ')) };
    } finally {
      this.busy = false;
      this.render();
    }
  }

  /** The address serves once, and not for long. */
  private link(url: string): HTMLElement {
    const gone = () => {
      this.said = null;
      this.render();
    };
    setTimeout(gone, ticketMilliseconds);
    return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', onclick: () => setTimeout(gone) }, 'Open it here');
  }

  private render(): void {
    const [why, says] = ['why', 'says'].map((part) => this.querySelector(`[data-part="${part}"]`));
    this.querySelector('button')?.setAttribute('aria-disabled', String(this.hindrance !== '' || this.busy));
    if (why) fill(why, this.hindrance, () => [this.hindrance]);
    // Only what follows a click is spoken.
    if (says) fill(says, this.said?.key ?? '', () => this.said?.nodes ?? []);
  }
}

customElements.define('lab-preview', LabPreview);
