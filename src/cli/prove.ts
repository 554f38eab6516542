import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import { type CourseLab, loadLab } from '#runtime/course.ts';
import { type LoadedGrader, loadGrader } from '#runtime/grade/load-grader.ts';
import { labImages } from '#runtime/lab-images.ts';
import { AnswersError, oneOfEach, readAnswers } from '#runtime/prove/answers.ts';
import { proofLab } from '#runtime/prove/fresh-lab.ts';
import { type Proof, type ProofEvent, proveLab } from '#runtime/prove/prove-lab.ts';
import type { Script } from '#runtime/prove/script.ts';
import { CommandFailure } from './failure.ts';
import { memoryOf } from './memory-of.ts';

export interface ProveOptions {
  root: string;
  docker: Docker;
  /** Every right and wrong answer instead of one of each. */
  all: boolean;
  /** Chooses which ones, when not all. */
  choice: number;
  twice?: boolean;
  signal: AbortSignal;
}

/** A lab with all that proving it takes, read and found whole. */
export interface Provable {
  lab: CourseLab;
  grader: LoadedGrader;
  scripts: readonly Script[];
}

/** Reads a lab, its grader and its answers. Throws with file and line of each fault before anything is made. */
export async function readProvable(root: string, course: string, id: string): Promise<Provable> {
  try {
    const lab = loadLab(course, id);
    const grader = await loadGrader({ root, folder: lab.folder, tasks: lab.file.tasks });
    return { lab, grader, scripts: readAnswers(lab, grader.tasks) };
  } catch (cause) {
    if (cause instanceof AnswersError) {
      throw new CommandFailure(`the answers of ${id} cannot be tried:\n${cause.message}`, {
        advice: 'docs/authoring.md tells their form.',
        cause,
      });
    }
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Proves one lab on clusters of its own, labelled as no server's; they are gone when it ends, also by Ctrl-C. */
export async function prove(
  { lab, grader, scripts }: Provable,
  options: ProveOptions,
  report: (event: ProofEvent) => void,
): Promise<Proof> {
  const { root, docker, all, choice, twice = false, signal } = options;
  const images = labImages(docker, root);
  const quietly = (name: string) => () => images.ensure(name, () => undefined, signal);
  const provider = kindProvider({ docker, nodeImage: quietly('node'), gatewayImage: quietly('gateway') });
  const instance = `test-proof-${randomBytes(4).toString('hex')}`;
  const made = proofLab({ provider, images, lab, instance, memoryOf: memoryOf(docker) });
  const chosen = all ? scripts : oneOfEach(scripts, choice);
  try {
    return await proveLab({ lab, grader, scripts: chosen, scope: all ? 'all' : 'short', twice, provider, made, signal }, report);
  } finally {
    provider.close?.();
  }
}

/** Tells the events of a proof as phases of a progress display; `say` gets what was found wrong. */
export function narrator(say: (line: string) => void, detail: (text: string) => void, span: (milliseconds: number) => string) {
  return (event: ProofEvent): void => {
    if (event.state === 'detail') detail(`${event.step}: ${event.detail}`);
    else if (event.state === 'begin') detail(event.step);
    else {
      say(`  ${event.problems.length === 0 ? '✓' : '✗'} ${event.step} (${span(event.milliseconds)})`);
      for (const problem of event.problems) for (const line of problem.split('\n')) say(`    | ${line}`);
    }
  };
}
