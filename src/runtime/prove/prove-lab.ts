import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import type { Evidence } from '#grading/evidence.ts';
import type { CourseLab } from '../course.ts';
import { type Graded, gradeLab } from '../grade/grade-lab.ts';
import type { LoadedGrader } from '../grade/load-grader.ts';
import { watchWitnesses } from '../grade/watch-witnesses.ts';
import { observer } from '../observe/observer.ts';
import type { FreshLab } from './fresh-lab.ts';
import { memoryJournal } from './memory-journal.ts';
import { afterWrong, differences, type Expected, solvedSoFar } from './outcome.ts';
import { type ProofFile, proofHash, readLabFiles } from './proof-file.ts';
import { parseScript, type Script } from './script.ts';
import { openShell, type TypedShell } from './shell.ts';

export interface ProveLab {
  lab: CourseLab;
  grader: LoadedGrader;
  provider: ClusterProvider;
  makeLab(report: (detail: string) => void, signal: AbortSignal): Promise<FreshLab>;
  /** Every right and wrong answer instead of one of each. */
  all: boolean;
  /** Chooses which ones of each, when not all. */
  choice?: number;
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

/** Evidence as it was recorded at a step, and what must be judged from it. */
export interface Fixture {
  step: string;
  expected: Expected;
  evidence: readonly Evidence[];
}

/** For how long a step may take to come to what is expected, in milliseconds: kubelet and controllers take their time. */
const patience = 30_000;
const scriptLimit = 300_000;

/**
 * Proves on real clusters that the graders of a lab tell right from wrong: untouched every task fails by a finding, after each
 * section of `solve.sh` exactly the tasks so far pass, right answers pass, wrong ones fail as they say. Writes nothing.
 */
export async function proveLab(options: ProveLab, report: (event: ProofEvent) => void): Promise<Proof> {
  const { lab, grader, all, choice = 0, signal } = options;
  const files = readLabFiles(lab.folder);
  const known = { tasks: grader.tasks.map(({ id }) => id), codes: grader.tasks.flatMap(({ words }) => Object.keys(words)) };
  const script = (name: string) => parseScript(name, readFileSync(join(lab.folder, name), 'utf8'), known);
  const some = (folder: 'right' | 'wrong') => {
    const names = Object.keys(files)
      .filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.sh'))
      .sort();
    if (names.length === 0) throw new Error(`${lab.id} has no ${folder}/*.sh: a proof needs at least one`);
    const scripts = names.map(script);
    return all ? scripts : scripts.slice(choice % scripts.length).slice(0, 1);
  };
  const scripts: readonly Script[] = [script('solve.sh'), ...some('right'), ...some('wrong')];

  const run: Run = { options, report, known: known.tasks, steps: [], starts: [], fixtures: {}, problems: [], version: '' };
  for (const one of scripts) {
    signal.throwIfAborted();
    await runScript(run, one);
  }
  const { steps, starts, fixtures, problems, version } = run;
  const median = starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 1;
  const file: ProofFile = {
    hash: proofHash(files),
    date: new Date().toISOString(),
    kubernetesVersion: version,
    scope: all ? 'all' : 'short',
    startMilliseconds: median,
    steps,
  };
  return { passed: problems.length === 0, problems, file, fixtures };
}

/** Writes `proof.json` and `fixtures/` into the lab's folder. A short proof leaves the fixtures of answers it did not try. */
export function writeProof(folder: string, { file, fixtures }: Proof): void {
  const into = join(folder, 'fixtures');
  if (file.scope === 'all') rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  for (const [name, fixture] of Object.entries(fixtures))
    writeFileSync(join(into, `${name}.json`), `${JSON.stringify(fixture, null, 1)}\n`);
  writeFileSync(join(folder, 'proof.json'), `${JSON.stringify(file, null, 2)}\n`);
}

interface Run {
  options: ProveLab;
  report: (event: ProofEvent) => void;
  known: readonly string[];
  steps: { step: string; milliseconds: number }[];
  starts: number[];
  fixtures: Record<string, Fixture>;
  problems: string[];
  version: string;
}

/** Runs one step, in the open; what it finds wrong is kept and the proof goes on. Answers whether it held. */
async function step(run: Run, name: string, work: (detail: (text: string) => void) => Promise<readonly string[]>): Promise<boolean> {
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

async function runScript(run: Run, script: Script): Promise<void> {
  const { provider, makeLab, signal } = run.options;
  const label = script.name.replace(/\.sh$/, '');
  let made: FreshLab | undefined;
  await step(run, `${label}: start`, async (detail) => {
    made = await makeLab(detail, signal);
    run.starts.push(made.milliseconds);
    run.version = made.access.clusters[0]?.kubernetesVersion ?? '';
    return [];
  });
  if (made === undefined) return;
  const { access, remove } = made;
  const judging = judgeIn(run.options, access);
  const settle = (name: string, expected: Expected) => step(run, name, () => settled(run, judging, name, expected));
  let shell: TypedShell | undefined;
  try {
    if (script.name === 'solve.sh') {
      if (!(await settle('untouched', solvedSoFar(run.known, [])))) return;
    }
    const done: string[] = [];
    for (const section of script.sections) {
      const name = section.task === null ? label : `${label}: ${section.task}`;
      const ran = await step(run, `${name}: typed`, async () => {
        shell ??= await openShell(provider, access.ref, 'proof', signal);
        return typed(shell, `${script.name}:${section.line}`, section.text, signal);
      });
      if (!ran) return;
      done.push(...(section.task === null ? run.known : [section.task]));
      const expected = script.fails.length > 0 ? afterWrong(run.known, script) : solvedSoFar(run.known, done);
      if (!(await settle(name, expected))) return;
    }
  } finally {
    await shell?.close();
    await judging.close();
    await remove();
  }
}

/** Types a section and answers what went wrong. */
async function typed(shell: TypedShell, where: string, text: string, signal: AbortSignal): Promise<string[]> {
  const { code, output } = await shell.run(text, AbortSignal.any([signal, AbortSignal.timeout(scriptLimit)]));
  return code === 0 ? [] : [`${where} ended with ${code}:\n${output.trim().split('\n').slice(-15).join('\n')}`];
}

interface Judging {
  grade(): Promise<readonly Graded[]>;
  close(): Promise<void>;
}

/** Judges a lab as the server would, with its own journal. */
function judgeIn({ provider, grader, signal }: ProveLab, access: LabAccess): Judging {
  const eye = observer({ provider, access, secretKey: new Uint8Array(32) });
  const journal = memoryJournal();
  const session = { id: access.ref.lab, epoch: access.ref.epoch };
  const failures: unknown[] = [];
  const watching = watchWitnesses({ observer: eye, journal, session, tasks: grader.tasks, onError: (error) => failures.push(error) });
  const settling = new Map<string, string>();
  return {
    async grade() {
      if (failures.length > 0) throw failures[0];
      return gradeLab({ observer: eye, journal, session, tasks: grader.tasks, settling, witness: watching.look, signal });
    },
    async close() {
      await watching.close();
      await eye.close();
    },
  };
}

/** Judges until the verdicts are as expected, and once more to see that they stay so; keeps the evidence as a fixture. */
async function settled({ options, fixtures }: Run, judging: Judging, name: string, expected: Expected): Promise<readonly string[]> {
  const until = performance.now() + patience;
  for (;;) {
    const first = await judging.grade();
    const wrong = differences(
      expected,
      first.map(({ verdict }) => verdict),
    );
    if (wrong.length === 0) {
      const again = await judging.grade();
      const changed = differences(
        expected,
        again.map(({ verdict }) => verdict),
      );
      if (changed.length > 0) return changed.map((problem) => `${problem}, when judged a second time`);
      fixtures[name.replaceAll(/[^a-z0-9]+/g, '-')] = { step: name, expected, evidence: again.map(({ evidence }) => evidence) };
      return [];
    }
    if (performance.now() > until) return wrong;
    await delay(500, undefined, { signal: options.signal });
  }
}
