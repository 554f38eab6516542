import type { SessionView } from '#runtime/hub.ts';

export type PanelAction = 'start' | 'end' | 'reset';

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

/** What the panel says and offers in each state of a session: every ending names its reason and one next step. */
export function panelView(session: SessionView | null): PanelView {
  const reason = session?.reason;
  const told = { text: reason?.message ?? '', advice: reason?.advice ?? '' };
  switch (session?.state) {
    case undefined:
      return { tone: 'idle', title: '', text: '', advice: '', actions: [{ action: 'start', label: 'Start lab' }], room: 'none' };
    case 'queued':
      return {
        tone: 'busy',
        title: 'Waiting for a place',
        text: told.text || 'This lab is next in line.',
        advice: told.advice,
        actions: [{ action: 'end', label: 'Cancel' }],
        room: 'phases',
      };
    case 'starting':
      return {
        tone: 'busy',
        title: 'Starting your lab',
        text: '',
        advice: '',
        actions: [{ action: 'end', label: 'Cancel' }],
        room: 'phases',
      };
    case 'ready':
      return { tone: 'good', title: 'Your lab is ready', text: '', advice: '', actions: [], room: 'shell' };
    case 'paused':
      return {
        tone: 'idle',
        title: 'Your lab is paused',
        text: told.text || 'It was paused to free this machine. Everything in it is kept.',
        advice: told.advice,
        actions: [
          { action: 'start', label: 'Go on' },
          { action: 'end', label: 'End lab' },
        ],
        room: 'none',
      };
    case 'ending':
      return { tone: 'busy', title: 'Removing your lab', text: 'Results are kept.', advice: '', actions: [], room: 'none' };
    case 'ended':
      return {
        tone: 'idle',
        title: 'Your lab has ended',
        text: told.text || 'Its cluster and shell are gone; your results are kept.',
        advice: told.advice,
        actions: [{ action: 'start', label: 'Start it again' }],
        room: 'none',
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
