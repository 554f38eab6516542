import type { BoardCell, TaskHelp } from '#server/teach/board.ts';

/** The help that was taken with a task in a few words; empty when there was none. `best` tells whether the solution came before it passed. */
export function helpWords(help: TaskHelp | undefined, best: Pick<BoardCell, 'status' | 'at'> | null): string {
  const { hints = 0, solutionAt = null } = help ?? {};
  const passedFirst = best?.status === 'passed' && solutionAt !== null && best.at <= solutionAt;
  return [
    ...(hints === 0 ? [] : [hints === 1 ? '1 hint' : `${hints} hints`]),
    ...(solutionAt === null ? [] : [passedFirst ? 'solution read after it passed' : 'solution seen']),
  ].join(', ');
}
