import type { StartWay } from '#lab/session.ts';
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

/** By which way a lab is being made: its phases have the names of their way. */
export function wayOf(phases: readonly PhaseView[]): StartWay {
  if (phases.some(({ id }) => id === 'claim')) return 'warm';
  return phases.some(({ id }) => id.startsWith('restored-')) ? 'restored' : 'cold';
}

/**
 * What is still to come of a start, from what whole starts took here (`p50` and `p90`, in ms): phases overlap, so
 * theirs do not add up. Empty while nothing runs, or when there was no start yet.
 */
export function remaining(phases: readonly PhaseView[], now: number, whole: { p50: number; p90: number } | null): string {
  const begins = phases.flatMap((phase) => (phase.startedAt === null ? [] : [Date.parse(phase.startedAt)]));
  if (whole === null || begins.length === 0 || !phases.some((phase) => phase.state === 'running')) return '';
  const elapsed = now - Math.min(...begins);
  if (elapsed > whole.p90) return `Longer than usual: a start takes ${usually(whole.p50, whole.p90).replace('usually ', '')} as a rule.`;
  const left = whole.p50 - elapsed;
  const step = left > 20_000 ? 5_000 : 1_000;
  return left < 1500 ? 'Any moment now' : `About ${span(Math.round(left / step) * step)} left`;
}
