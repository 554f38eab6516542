import { announce } from './announce.ts';
import type { LabProblem } from './api.ts';
import { withCode } from './dom.ts';

/** Says at a task why something was refused, or nothing. What leads to a field is read out there, as its description. */
export function showProblem(note: HTMLElement, problem: LabProblem | undefined, isOfField = false): void {
  const text = [problem?.message, problem?.advice].filter(Boolean).join(' ');
  note.replaceChildren(...withCode(text));
  note.hidden = problem === undefined;
  if (!isOfField) announce(text);
}
