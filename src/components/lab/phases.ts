import type { PhaseView } from '#runtime/hub.ts';
import { clockSkew } from './api.ts';
import { h, statusMark, withCode } from './dom.ts';
import { span, usually } from './words.ts';

const words: Readonly<Record<PhaseView['state'], string>> = { waiting: 'to do', running: 'running', done: 'done', failed: 'failed' };

/** The phases of a start as list items. The running one carries `data-since`, for `tick`. */
export function phaseItems(phases: readonly PhaseView[]): HTMLElement[] {
  return phases.map((phase) => {
    const mark = phase.state === 'done' ? statusMark('passed') : phase.state === 'failed' ? statusMark('wrong') : statusMark('open');
    return h(
      'li',
      { class: 'phase', 'data-state': phase.state },
      mark,
      h('span', { class: 'phase-title' }, phase.title, h('span', { class: 'visually-hidden' }, ` (${words[phase.state]})`)),
      h('span', { class: 'phase-time', ...timing(phase) }, timeText(phase)),
      phase.detail !== null && phase.state !== 'waiting' && h('span', { class: 'phase-detail' }, ...withCode(phase.detail)),
    );
  });
}

function timing(phase: PhaseView): Record<string, string> {
  if (phase.state !== 'running' || phase.startedAt === null) return {};
  const { p50, p90 } = phase;
  return {
    'data-since': phase.startedAt,
    ...(p50 === undefined || p90 === undefined ? {} : { 'data-p50': String(p50), 'data-p90': String(p90) }),
  };
}

function timeText(phase: PhaseView): string {
  if (phase.milliseconds !== null) return span(phase.milliseconds);
  if (phase.state === 'waiting' && phase.p50 !== undefined && phase.p90 !== undefined) return usually(phase.p50, phase.p90);
  return '';
}

/** Brings the elapsed times below `root` up to the second. */
export function tick(root: Element): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-since]')) {
    const { since = '', p50, p90 } = element.dataset;
    const elapsed = Date.now() + clockSkew - Date.parse(since);
    const known = p50 !== undefined && p90 !== undefined;
    const estimate = known ? ` · ${elapsed > Number(p90) ? 'longer than usual; ' : ''}${usually(Number(p50), Number(p90))}` : '';
    element.textContent = `${span(elapsed)}${estimate}`;
  }
}

/** What is still to come, from what this took here before; empty when that is not known of every phase. */
export function remaining(phases: readonly PhaseView[], now: number): string {
  const ahead = phases.filter((phase) => phase.state === 'waiting' || phase.state === 'running');
  if (ahead.length === 0 || ahead.some((phase) => phase.p50 === undefined)) return '';
  const left = ahead.reduce((sum, phase) => {
    const spent = phase.state === 'running' && phase.startedAt !== null ? now - Date.parse(phase.startedAt) : 0;
    return sum + Math.max(0, (phase.p50 ?? 0) - spent);
  }, 0);
  return left < 1500 ? 'any moment now' : `about ${span(left)} left`;
}
