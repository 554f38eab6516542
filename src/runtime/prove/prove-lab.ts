import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { CourseLab } from '../course.ts';
import type { LoadedGrader } from '../grade/load-grader.ts';
import { type Fixture, fixtureName, writeFixtures } from './fixture.ts';
import type { ProofLab } from './fresh-lab.ts';
import { type Judging, judgeIn } from './judging.ts';
import { readExcuses } from './mutants-file.ts';
import { countMutants, mutate } from './mutate.ts';
import { afterWrong, type Expected, solvedSoFar, turns } from './outcome.ts';
import { type ProofFile, proofHash, readLabFiles, writeProofFile } from './proof-file.ts';
import type { Script } from './script.ts';
import { settle } from './settle.ts';
import { openShell, type TypedShell } from './shell.ts';

export interface ProveLab {
  lab: CourseLab;
  grader: LoadedGrader;
  /** The answers to try, `solve.sh` first (`readAnswers`). */
  scripts: readonly Script[];
  /** Whether these are all that the lab has. */
  scope: ProofFile['scope'];
  /** Does all of it a second time: the verdicts must be the same. */
  twice: boolean;
  provider: ClusterProvider;
  made: ProofLab;
  signal: AbortSignal;
}

export type ProofEvent =
  | { state: 'begin'; step: string }
  | { state: 'detail'; step: string; detail: string }
  | { state: 'end'; step: string; milliseconds: number; problems: readonly string[] };

export interface Proof {
  passed: boolean;
  problems: readonly string[];
  file: ProofFile;
  fixtures: Readonly<Record<string, Fixture>>;
}

const scriptLimit = 300_000;

/**
 * Proves on real clusters that the graders of a lab tell right from wrong: untouched every task fails by a finding, after each
 * section of `solve.sh` exactly the tasks so far pass, reset they all fail again, right answers pass, wrong ones fail as they say;
 * and grading changes nothing. Writes nothing; the lab is gone when it ends.
 */
export async function proveLab(options: ProveLab, report: (event: ProofEvent) => void): Promise<Proof> {
  const { lab, grader, scripts, scope, twice, made, signal } = options;
  const began = performance.now();
  const tasks = grader.tasks.map(({ id }) => id);
  const run: Run = {
    options,
    report,
    tasks,
    fixtures: {},
    verdicts: new Map(),
    steps: [],
    starts: [],
    problems: [],
    memory: [],
    version: '',
    round: '',
    untouched: null,
  };
  try {
    for (const round of twice ? ['', 'again: '] : ['']) {
      run.round = round;
      for (const script of scripts) {
        signal.throwIfAborted();
        await runScript(run, script);
      }
    }
  } finally {
    await leave(run.untouched);
    await made.remove();
  }
  const { steps, starts, fixtures, problems, memory, version } = run;
  const file: ProofFile = {
    hash: proofHash(readLabFiles(lab.folder)),
    date: new Date().toISOString(),
    kubernetesVersion: version,
    scope,
    twice,
    startMilliseconds: starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 1,
    proofMilliseconds: Math.max(1, Math.round(performance.now() - began)),
    memoryMiB: memory.length > 0 ? Math.max(...memory) : null,
    mutants: countMutants(mutate(grader.tasks, fixtures, readExcuses(lab.folder))),
    steps,
  };
  return { passed: problems.length === 0, problems, file, fixtures };
}

/** Writes `proof.json` and `fixtures/` into the lab's folder. A short proof leaves the fixtures of answers it did not try. */
export function writeProof(folder: string, { file, fixtures }: Proof): void {
  writeFixtures(folder, fixtures, file.scope === 'all');
  writeProofFile(folder, file);
}

interface Run {
  options: ProveLab;
  report: (event: ProofEvent) => void;
  tasks: readonly string[];
  steps: { step: string; milliseconds: number }[];
  starts: number[];
  fixtures: Record<string, Fixture>;
  problems: string[];
  memory: number[];
  /** Of the first time, by fixture. */
  verdicts: Map<string, readonly Verdict[]>;
  version: string;
  /** Before the names of steps: empty the first time. */
  round: string;
  /** A lab nobody has typed into, for the answer that comes next. */
  untouched: Stand | null;
}

/** A lab as it was made, with what judges it from then on. */
interface Stand {
  access: LabAccess;
  judging: Judging;
  shell?: TypedShell;
}

type Work = (detail: (text: string) => void) => Promise<readonly string[]>;

/** Runs one step, in the open; what it finds wrong is kept and the proof goes on. Answers whether it held. */
async function step(run: Run, named: string, work: Work): Promise<boolean> {
  const name = run.round + named;
  const began = performance.now();
  run.report({ state: 'begin', step: name });
  const problems = await work((detail) => run.report({ state: 'detail', step: name, detail })).catch((error: unknown) => {
    run.options.signal.throwIfAborted();
    return [error instanceof Error ? error.message : String(error)];
  });
  const milliseconds = Math.round(performance.now() - began);
  run.steps.push({ step: name, milliseconds });
  run.problems.push(...problems.map((problem) => `${name}: ${problem}`));
  run.report({ state: 'end', step: name, milliseconds, problems });
  return problems.length === 0;
}

/** Tries one answer on a lab as it was made. */
async function runScript(run: Run, script: Script): Promise<void> {
  const { provider, made, signal } = run.options;
  const label = script.name.replace(/\.sh$/, '');
  const stand = run.untouched ?? (await begin(run, `${label}: ${run.starts.length === 0 ? 'start' : 'reset'}`));
  run.untouched = null;
  if (stand === null) return;
  try {
    if (script.name === 'solve.sh' && !(await judged(run, stand, 'untouched', solvedSoFar(run.tasks, [])))) return;
    const done: string[] = [];
    for (const section of script.sections) {
      const name = section.task === null ? label : `${label}: ${section.task}`;
      const ran = await step(run, `${name}: typed`, async () => {
        stand.shell ??= await openShell(provider, stand.access.ref, 'proof', signal);
        await stand.judging.answer(section.answers);
        return typed(stand.shell, `${script.name}:${section.line}`, section.text, signal);
      });
      if (!ran) return;
      done.push(...(section.task === null ? run.tasks : [section.task]));
      const expected = script.fails.length > 0 ? afterWrong(run.tasks, script) : solvedSoFar(run.tasks, done);
      if (!(await judged(run, stand, name, expected))) return;
    }
    const held = await made.memoryMiB(AbortSignal.any([signal, AbortSignal.timeout(20_000)]));
    if (held !== null) run.memory.push(held);
  } finally {
    await leave(stand);
  }
  if (script.name !== 'solve.sh') return;
  const anew = await begin(run, 'reset');
  if (anew === null) return;
  run.untouched = anew;
  await judged(run, anew, 'reset: untouched', solvedSoFar(run.tasks, []));
}

/** Makes the lab, or resets it; null when that failed twice: what a busy machine does to a start is no fault of the grader. */
async function begin(run: Run, name: string): Promise<Stand | null> {
  const { made, signal } = run.options;
  const stands: Stand[] = [];
  await step(run, name, async (detail) => {
    const { access, milliseconds } = await made.begin(detail, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      detail(`once more, since ${error instanceof Error ? error.message : String(error)}`);
      return made.begin(detail, signal);
    });
    run.starts.push(milliseconds);
    run.version = access.clusters[0]?.kubernetesVersion ?? '';
    stands.push({ access, judging: judgeIn({ ...run.options, asked: run.options.lab.file.tasks }, access) });
    return [];
  });
  return stands[0] ?? null;
}

/** Judges a lab. Keeps the evidence as a fixture the first time, and holds the verdicts against it the second time. */
function judged(run: Run, { judging }: Stand, name: string, expected: Expected): Promise<boolean> {
  return step(run, name, async () => {
    const { graded, problems } = await settle(judging, expected, run.options.signal);
    if (problems.length > 0) return problems;
    const key = fixtureName(name);
    const before = run.verdicts.get(key);
    const verdicts = graded.map(({ verdict }) => verdict);
    if (before !== undefined) return turns(before, verdicts);
    run.verdicts.set(key, verdicts);
    run.fixtures[key] = { step: name, expected, evidence: graded.map(({ evidence }) => evidence) };
    return [];
  });
}

async function leave(stand: Stand | null): Promise<void> {
  await stand?.shell?.close();
  await stand?.judging.close();
}

/** Types a section and answers what went wrong. */
async function typed(shell: TypedShell, where: string, text: string, signal: AbortSignal): Promise<string[]> {
  const { code, output } = await shell.run(text, AbortSignal.any([signal, AbortSignal.timeout(scriptLimit)]));
  return code === 0 ? [] : [`${where} ended with ${code}:\n${output.trim().split('\n').slice(-15).join('\n')}`];
}
