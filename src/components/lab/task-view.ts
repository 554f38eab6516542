import type { Finding, Verdict } from '#grading/verdict.ts';
import type { TaskHistory, Turn } from './history.ts';
import { type Shown, shown, shownHelp, shownWords } from './words.ts';

/** What the page knows of one task. */
export interface TaskKnown {
  verdict: Pick<Verdict, 'status' | 'findings'>;
  savedAt: string | null;
  history: TaskHistory | undefined;
  /** Whether the learner's best score, of any of their labs, is a pass. */
  passedBefore: boolean;
  /** Null when the page was not told. */
  lasts: 'state' | 'once' | null;
  /** For how many seconds the cluster may be at work on it; null when the page was not told. */
  settlesWithin?: number | null;
}

/** What a task shows of its latest verdict. Times are moments, for the reader's own clock. */
export interface TaskView {
  shown: Shown;
  word: string;
  savedAt: string | null;
  /** A sentence each; what this means for the learner. */
  notes: readonly string[];
  findings: readonly Finding[];
  firstPassedAt: string | null;
  /** While the cluster is at work: since when, and for how many seconds that is no fault. */
  waits: { since: string; within: number } | null;
  /** Newest first; empty unless it turned. */
  turns: readonly Turn[];
}

export function taskView({ verdict, savedAt, history, passedBefore, lasts, settlesWithin }: TaskKnown): TaskView {
  const status = shown(verdict);
  const turns = history?.turns ?? [];
  const last = turns.at(-1);
  const since = last?.status === 'not-yet' ? last.at : savedAt;
  return {
    shown: status,
    word: shownWords[status],
    savedAt,
    notes: [shownHelp[status], stays(status, lasts), turnedBack(status, turns, passedBefore)].filter((note) => note !== ''),
    // A trial that waits is told by the note; what else was found is the learner's to read.
    findings: status === 'ready' ? [] : verdict.findings,
    waits: status === 'not-yet' && since !== null && settlesWithin ? { since, within: settlesWithin } : null,
    firstPassedAt: history?.firstPassedAt ?? null,
    turns: turns.length > 1 ? turns.toReversed() : [],
  };
}

const stays = (status: Shown, lasts: TaskKnown['lasts']) =>
  status === 'passed' && lasts === 'once' ? 'This stays passed, whatever comes next, until the lab is reset.' : '';

function turnedBack(status: Shown, turns: readonly Turn[], passedBefore: boolean): string {
  if (status !== 'wrong' && status !== 'not-yet') return '';
  const heldHere = turns.some((turn) => turn.status === 'passed');
  if (heldHere) return 'It was as it should be, and something changed since. What you earned is kept.';
  return passedBefore ? 'You passed it before, and that is kept.' : '';
}

/** How a turn came about, in the list of turns. */
export const causeWords = (cause: Turn['cause']) =>
  cause === 'check' ? 'when Check was pressed' : cause === 'turn' ? 'seen by itself' : '';

/** What is read out of a verdict, where it is not seen. */
export const spoken = (title: string, { word, findings, notes }: Pick<TaskView, 'word' | 'findings' | 'notes'>) =>
  [`${title}: ${word}.`, findings[0]?.seen, ...(findings.length === 0 ? notes.slice(0, 1) : [])].filter(Boolean).join(' ');

/** What the button says: a Check that tries something is not the same as one that looks. */
export const checkLabel = (tries: boolean, busy: boolean, status?: Shown) =>
  busy ? underWay(tries) : status === 'cannot-check' ? 'Try again' : tries ? 'Check and try' : 'Check';
export const checkAllLabel = (tries: boolean, busy: boolean) => (busy ? underWay(tries) : tries ? 'Check and try all' : 'Check all');
const underWay = (tries: boolean) => (tries ? 'Trying…' : 'Checking…');
