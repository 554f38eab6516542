import type { Finding, Status, Verdict } from '#grading/verdict.ts';

/** A status as a learner reads it. */
export const statusWords: Readonly<Record<Status, string>> = {
  passed: 'Passed',
  'not-yet': 'Not yet',
  wrong: 'Needs work',
  'cannot-check': 'Cannot check',
};

/** What a page shows of a task: its status, or that only a press of Check is missing, or that nothing is known. */
export type Shown = Status | 'ready' | 'open';

export const shownWords: Readonly<Record<Shown, string>> = { ...statusWords, ready: 'Ready to check', open: 'Not checked yet' };

/** A task that is as it should be and waits for its trial has not failed: it is ready to be checked. */
export function shown({ status, findings }: Pick<Verdict, 'status' | 'findings'>): Status | 'ready' {
  const waits = findings.length > 0 && findings.every(({ code }) => code === 'trial.waiting');
  return status === 'not-yet' && waits ? 'ready' : status;
}

/** What a status means for what to do next; empty where the findings say it all. */
export const shownHelp: Readonly<Record<Shown, string>> = {
  passed: '',
  'not-yet': 'The cluster is still at work on this. It is checked again by itself; there is nothing to press.',
  wrong: '',
  'cannot-check': 'We could not look, so this says nothing about your work, and costs no points. Try again in a moment.',
  ready: 'All that can be seen from outside is as it should be. Press Check for the rest.',
  open: '',
};

export function points(count: number): string {
  return count === 1 ? '1 point' : `${count} points`;
}

/** A length of time, as a person says it: `8 s`, `1 min 20 s`, `3 min`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds === 0 && milliseconds > 0) return 'under 1 s';
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  const minutes = (seconds - rest) / 60;
  return rest === 0 || minutes >= 5 ? `${Math.round(seconds / 60)} min` : `${minutes} min ${rest} s`;
}

/** `usually 12–15 s`, from the median and the ninetieth percentile of earlier runs. */
export function usually(p50: number, p90: number): string {
  const [low, high] = [span(p50), span(Math.max(p50, p90))];
  if (low === high) return `usually ${high}`;
  if (p50 < 500) return `usually up to ${high}`;
  return p90 < 60_000 ? `usually ${low.replace(' s', '')}–${high}` : `usually ${low} to ${high}`;
}

/** Memory in MiB, rounded as one speaks of it. */
export function memory(mebibytes: number): string {
  return mebibytes < 1000 ? `${mebibytes} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** Text split where `backticks` begin and end code. */
export function codeParts(text: string): { text: string; code: boolean }[] {
  return text
    .split('`')
    .map((part, index) => ({ text: part, code: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}

/** What a finding tells, in the order in which it is read; what it leaves empty is left out. */
export function findingRows(finding: Pick<Finding, 'seen' | 'needed' | 'why' | 'lookAt'>): (readonly [term: string, text: string])[] {
  const rows = [
    ['Seen', finding.seen] as const,
    ['Needed', finding.needed] as const,
    ['Why', finding.why] as const,
    ['Look at', finding.lookAt] as const,
  ];
  return rows.filter(([, text]) => text !== '');
}
