import { memory, type Shown, span } from '#components/lab/words.ts';
import { type AuthorLab, survivalBar } from '#server/authoring/labs.ts';

/** A fact about a lab, and whether it is one to do something about. */
export interface Fact {
  term: string;
  text: string;
  at?: string;
  concern?: boolean;
}

export const proofStates: Readonly<Record<AuthorLab['proof']['state'], { word: string; mark: Shown }>> = {
  valid: { word: 'Proved', mark: 'passed' },
  stale: { word: 'Changed since its proof', mark: 'not-yet' },
  none: { word: 'Not proved', mark: 'open' },
  faulty: { word: 'Its proof cannot be read', mark: 'wrong' },
};

/** What stands under a lab's title: as measured where there is a proof, as its files say where not. */
export function facts({ proof, memoryMiB, right, wrong, fixtures }: AuthorLab): readonly Fact[] {
  const answers: Fact = {
    term: 'Answers',
    text: `${counted(right, 'right')} and ${wrong} wrong beside the reference`,
    concern: wrong === 0,
  };
  const evidence: Fact = {
    term: 'Recorded evidence',
    text: counted(fixtures, 'fixture') + (fixtures === 1 ? '' : 's'),
    concern: fixtures === 0,
  };
  if (proof.state === 'none' || proof.state === 'faulty') {
    return [{ term: 'Memory', text: `${memory(memoryMiB)}, as declared` }, answers, evidence];
  }
  const { kubernetesVersion, date, twice, startMilliseconds, proofMilliseconds, memoryMiB: measured, mutants, scope } = proof.proof;
  return [
    { term: 'Proved on', text: `Kubernetes ${kubernetesVersion.replace(/^v/, '')}`, at: date },
    { term: 'Tried', text: `${scope === 'all' ? 'every answer' : 'one of each'}, ${twice ? 'twice' : 'once'}`, concern: scope !== 'all' },
    { term: 'Proof took', text: span(proofMilliseconds) },
    { term: 'Ready to use in', text: span(startMilliseconds) },
    memoryFact(measured, memoryMiB),
    { term: 'Mutants', text: mutantWords(mutants), concern: toNotice(mutants) === 0 || mutants.survived > survivalBar * toNotice(mutants) },
    answers,
    evidence,
  ];
}

function memoryFact(measured: number | null, declared: number): Fact {
  if (measured === null) return { term: 'Memory', text: `${memory(declared)}, as declared` };
  return { term: 'Memory', text: `${memory(measured)} measured, ${memory(declared)} declared`, concern: measured > declared };
}

interface Mutants {
  made: number;
  survived: number;
  inert: number;
  excused: number;
}

/** Those that some grader had to notice. */
const toNotice = ({ made, inert, excused }: Mutants) => made - inert - excused;

function mutantWords(mutants: Mutants): string {
  const { made, survived, inert, excused } = mutants;
  if (made === 0) return 'none made';
  const share = Math.round((1000 * survived) / Math.max(1, toNotice(mutants))) / 10;
  return `${survived} of ${toNotice(mutants)} survived (${share}\u00a0%); besides ${inert} inert, ${excused} excused`;
}

const counted = (count: number, what: string) => `${count} ${what}`;
