import type { Place } from '#runtime/admission.ts';
import type { PhaseView, SessionView } from '#runtime/hub.ts';
import { span, usually } from './words.ts';

export type PanelAction = 'start' | 'end' | 'reset' | 'pause' | 'resume' | 'extend' | 'stay';

export interface PanelView {
  tone: 'idle' | 'busy' | 'good' | 'bad';
  title: string;
  text: string;
  advice: string;
  /** The first is the one next step. */
  actions: readonly { action: PanelAction; label: string }[];
  /** What the page around the panel makes room for. */
  room: 'none' | 'phases' | 'shell';
}

const idle = { tone: 'idle', text: '', advice: '', room: 'none' } as const;
const busy = { tone: 'busy', text: '', advice: '' } as const;

/** What the panel says and offers in each state of a session: every ending names its reason and one next step. */
export function panelView(session: SessionView | null, phases: readonly PhaseView[] = [], place: Place | null = null): PanelView {
  const reason = session?.reason;
  const told = { text: reason?.message ?? '', advice: reason?.advice ?? '' };
  switch (session?.state) {
    case undefined:
      return { ...idle, title: '', actions: [{ action: 'start', label: 'Start lab' }] };
    case 'queued':
      return {
        ...busy,
        ...inLine(place),
        actions: [{ action: 'end', label: 'Cancel' }],
        room: 'phases',
      };
    case 'starting': {
      if (place !== null) return { ...busy, ...inLine(place), actions: [{ action: 'end', label: 'Cancel' }], room: 'phases' };
      const title = session.epoch > 1 ? 'Your lab begins anew' : 'Starting your lab';
      return { ...busy, title, actions: [{ action: 'end', label: 'Cancel' }], room: 'phases' };
    }
    case 'ready':
      return { ...idle, tone: 'good', title: 'Your lab is ready', actions: [], room: 'shell' };
    case 'paused':
      return pausedView(told, phases[0]);
    case 'ending':
      return { ...busy, title: 'Removing your lab', text: 'Results are kept.', actions: [], room: 'none' };
    case 'ended':
      return {
        ...idle,
        title: 'Your lab has ended',
        text: told.text || 'Its cluster and shell are gone; your results are kept.',
        advice: told.advice,
        actions: [{ action: 'start', label: 'Start it again' }],
      };
    case 'failed':
      return {
        tone: 'bad',
        title: 'Your lab could not be started',
        text: told.text || 'No reason was recorded.',
        advice: told.advice,
        actions: [
          { action: 'reset', label: 'Try again' },
          { action: 'end', label: 'Leave it' },
        ],
        room: 'phases',
      };
    case 'crashed':
      return {
        tone: 'bad',
        title: 'Your lab stopped by itself',
        text: told.text || 'No reason was recorded. Your results are kept.',
        advice: told.advice,
        actions: [
          { action: 'reset', label: 'Begin again' },
          { action: 'end', label: 'End lab' },
        ],
        room: 'none',
      };
  }
}

/** What a learner in line is told; the line is kept by the server, so they need not stay. */
function inLine(place: Place | null): Pick<PanelView, 'title' | 'text' | 'advice'> {
  const stays = 'You keep your place if you leave this page.';
  if (place === null) return { title: 'Waiting for a place', text: 'Your lab is about to be begun.', advice: stays };
  const title = place.place === 1 ? 'Your lab is next in line' : `Your lab is number ${place.place} of ${place.of} in line`;
  return { title, text: place.why, advice: [place.advice, stays].filter((line) => line !== '').join(' ') };
}

/** When a lab in line begins, as far as one knows; empty when it is not in line. */
export function beginsWords(place: Place | null): string {
  if (place === null) return '';
  const { estimateMilliseconds: left } = place;
  if (left === null) return 'When it begins cannot be foretold.';
  return left < 5_000 ? 'It begins any moment now.' : `It begins in about ${span(Math.round(left / 5_000) * 5_000)}.`;
}

/** What the page does about a refusal that passes by itself. */
export function againWords(seconds: number): string {
  return seconds <= 0 ? 'Trying again…' : `It is tried again by itself in ${span(seconds * 1000)}.`;
}

/** A resume under way is the one phase of a paused lab. */
function pausedView(told: Pick<PanelView, 'text' | 'advice'>, resume: PhaseView | undefined): PanelView {
  if (resume?.state === 'running')
    return { ...busy, title: 'Resuming your lab', actions: [{ action: 'end', label: 'End lab' }], room: 'phases' };
  const { p50, p90 } = resume ?? {};
  const wait = p50 === undefined || p90 === undefined ? '' : `Going on takes ${usually(p50, p90).replace('usually ', '')} here, as a rule.`;
  const hasFailed = resume?.state === 'failed';
  return {
    tone: hasFailed ? 'bad' : 'idle',
    title: hasFailed ? 'Your lab could not go on' : 'Your lab is paused',
    text: hasFailed
      ? 'It is still paused, and everything in it is kept.'
      : told.text || 'It was paused to free this machine. Everything in it is kept.',
    advice: hasFailed ? 'Try again; if it fails again, reset the lab.' : told.advice || wait,
    actions: [
      { action: 'resume', label: hasFailed ? 'Try again' : 'Resume' },
      { action: 'reset', label: 'Reset' },
      { action: 'end', label: 'End lab' },
    ],
    room: 'phases',
  };
}

/** What is shown of phases: those of a start, and of a resume that is under way or failed. */
export function shownPhases(session: SessionView | null, phases: readonly PhaseView[]): readonly PhaseView[] {
  if (session?.state === 'paused') return phases.filter(({ state }) => state === 'running' || state === 'failed');
  return panelView(session).room === 'phases' ? phases : [];
}

/** How long it is until an idle lab is paused, as a sentence; in whole minutes until the last one. */
export function pauseWarning(pausesAt: string, now: number): string {
  const left = Math.max(0, Date.parse(pausesAt) - now);
  const when = left < 5_000 ? 'any moment now' : left < 60_000 ? 'within a minute' : `in ${span(Math.round(left / 60_000) * 60_000)}`;
  return `Nothing was done in this lab for a while. It is paused ${when}; nothing in it is lost.`;
}

/** Until when a lab is kept from being paused, as its menu says it; empty when it is not. */
export function keptWords(session: SessionView | null, now: number, time: (at: Date) => string): string {
  const until = Date.parse(session?.keepUntil ?? '');
  return until > now ? `It is not paused before ${time(new Date(until))}.` : '';
}
