import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import { loadLab } from '#runtime/course.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import { labImages } from '#runtime/lab-images.ts';
import { freshLab } from '#runtime/prove/fresh-lab.ts';
import { type Proof, type ProofEvent, proveLab } from '#runtime/prove/prove-lab.ts';

export interface ProveOptions {
  root: string;
  course: string;
  docker: Docker;
  /** Every right and wrong answer instead of one of each. */
  all: boolean;
  /** Chooses which ones, when not all. */
  choice: number;
  signal: AbortSignal;
}

/** Proves one lab on clusters of its own, labelled as no server's; they are gone when it ends, also by Ctrl-C. */
export async function prove(id: string, options: ProveOptions, report: (event: ProofEvent) => void): Promise<Proof> {
  const { root, course, docker, all, choice, signal } = options;
  const lab = loadLab(course, id);
  const grader = await loadGrader({ root, folder: lab.folder, tasks: lab.file.tasks });
  const images = labImages(docker, root);
  const quietly = (name: string) => () => images.ensure(name, () => undefined, signal);
  const provider = kindProvider({ docker, nodeImage: quietly('node'), gatewayImage: quietly('gateway') });
  const instance = `test-proof-${randomBytes(4).toString('hex')}`;
  const makeLab = (detail: (text: string) => void, until: AbortSignal) =>
    freshLab({ provider, images, lab, instance, report: detail }, until);
  return proveLab({ lab, grader, provider, makeLab, all, choice, signal }, report);
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
