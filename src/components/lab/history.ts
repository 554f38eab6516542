import type { Status } from '#grading/verdict.ts';

export interface Turn {
  at: string;
  status: Status;
  /** Whether Check was pressed or it was seen by itself. */
  cause?: 'check' | 'turn' | undefined;
}

/** When a task first passed in this lab since its beginning, and each time its status became another, oldest first. */
export interface TaskHistory {
  firstPassedAt: string | null;
  turns: readonly Turn[];
}

/** By task. */
export type History = Readonly<Record<string, TaskHistory>>;

/** The history with one more verdict: a turn only if it says something else than the one before. */
export function withTurn(history: History, task: string, turn: Turn): History {
  const { firstPassedAt, turns } = history[task] ?? { firstPassedAt: null, turns: [] };
  const last = turns.at(-1);
  if (last !== undefined && (last.status === turn.status || last.at >= turn.at)) return history;
  const first = firstPassedAt ?? (turn.status === 'passed' ? turn.at : null);
  return { ...history, [task]: { firstPassedAt: first, turns: [...turns, turn] } };
}
