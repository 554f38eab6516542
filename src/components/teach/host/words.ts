import type { SessionState, StartWay } from '#lab/session.ts';
import type { Phase } from '#store/port.ts';
import type { Line } from './chart.ts';

const wayWords: Readonly<Record<StartWay, string>> = {
  warm: 'stood ready',
  restored: 'from its kept beginning',
  cold: 'from nothing',
};
export const wayOf = (way: StartWay | null): string => (way === null ? 'not known' : wayWords[way]);

/** How a way looks wherever it is drawn. */
export const toneOf = (way: StartWay | null): Line['tone'] => (way === 'warm' ? 'moss' : way === 'restored' ? 'sea' : 'hull');

export const stateWords: Readonly<Record<SessionState, string>> = {
  queued: 'waits for its turn',
  starting: 'is being made',
  ready: 'runs',
  paused: 'paused',
  ending: 'is being removed',
  ended: 'has ended',
  failed: 'could not be started',
  crashed: 'was lost',
};

const phaseWords: Readonly<Record<Phase['state'], string>> = { waiting: 'to do', running: 'under way', done: 'done', failed: 'failed' };
/** How long a step took, or how it stands. */
export const phaseTook = ({ state, milliseconds }: Phase): string =>
  state === 'done' && milliseconds !== null ? span(milliseconds) : phaseWords[state];

const captureWords: Readonly<Record<string, string>> = {
  taking: 'is being taken',
  unverified: 'is being tried',
  good: 'in use',
  refused: 'not used',
};
export const captureOf = (state: string): string => captureWords[state] ?? state;

/** A length of time as a table shows it: `0.6 s`, `14 s`, `3 min`, `2 h`. */
export function span(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

export const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
export const plain = (number: number): string =>
  Number.isInteger(number) || number >= 10 ? String(Math.round(number)) : number.toFixed(1);
export const milliseconds = (number: number): string => (number < 1000 ? `${Math.round(number)} ms` : span(number));
