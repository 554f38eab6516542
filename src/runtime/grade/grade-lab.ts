import type { Evidence, JournalEntry } from '#grading/evidence.ts';
import { type GradedTask, journalName, passedName, trialName } from '#grading/grader.ts';
import { isReadyForTrial, isSettling, judge, valuesOf } from '#grading/judge.ts';
import type { Verdict } from '#grading/verdict.ts';
import type { JournalStore } from '#store/port.ts';
import type { Observer, Round } from '../observe/observer.ts';
import type { Trier } from '../trial/trier.ts';
import { capped } from './capped.ts';
import { undisturbed } from './undisturbed.ts';

/** Since when each task of a session has been settling. One is kept as long as its lab is watched. */
export type SettlingMemory = Map<string, string>;

export interface GradeLab {
  observer: Pick<Observer, 'round'>;
  journal: JournalStore;
  session: { id: string; epoch: number };
  tasks: readonly GradedTask[];
  settling: SettlingMemory;
  /** Makes the trials of tasks that hold by themselves (a press of Check). Without it none are made. */
  trier?: Pick<Trier, 'tryTask'>;
  /** Tasks whose trials disturb what witnesses see; by default those that are judged. */
  disturbing?: readonly { id: string }[];
  /** Brings the journal up to the moment, where witnesses are watched (`watchWitnesses`), and answers its round of reads. */
  witness?: (signal: AbortSignal) => Promise<Round>;
  signal: AbortSignal;
}

export interface Graded {
  task: GradedTask;
  verdict: Verdict;
  /** What the verdict was made from, cut to size. */
  evidence: Evidence;
  /** What keeps a `once` task passed that passes for the first time: to be written into the journal together with the verdict. */
  passed: PassedEntry | null;
}

export type PassedEntry = Omit<JournalEntry, 'seq'>;

/**
 * Judges tasks by one round of reads, in parallel and shared, and the session's journal. Changes nothing in the lab but by
 * trials, whose changes are taken back. Whoever lets a pass of a `once` task count writes `passed` into the journal.
 */
export async function gradeLab(options: GradeLab): Promise<readonly Graded[]> {
  const { observer, journal, session, tasks, settling, trier, disturbing = tasks, witness, signal } = options;
  const observe = witness ? await witness(signal) : observer.round(signal);
  const looked = tasks.map(async (task) => {
    const seen = Object.entries(task.observe).map(async ([name, observation]) => [name, await observe(observation)] as const);
    return Object.fromEntries(await Promise.all(seen));
  });
  const all = await Promise.all(looked);
  const trials = disturbing.map(({ id }) => trialName(id));
  const kept = await journal.list(session.id, session.epoch, [...tasks.flatMap(journalNames), ...trials]);
  const entries = undisturbed(kept, trials);
  const at = new Date().toISOString();

  const graded: Graded[] = [];
  for (const [index, task] of tasks.entries()) {
    const names = journalNames(task);
    const draft: Evidence = {
      task: task.id,
      at,
      settlingSince: null,
      observed: all[index] ?? {},
      journal: entries.filter((entry) => names.includes(entry.witness)),
      trials: null,
      partial: false,
    };
    const still = { ...draft, settlingSince: settlingSince(settling, task, draft) };
    const isDue = trier !== undefined && isReadyForTrial(task, still);
    const evidence = isDue ? { ...still, trials: await trier.tryTask(task, signal) } : still;
    const verdict = judge(task, evidence);
    const isFirst = verdict.status === 'passed' && task.lasts === 'once' && !hasPassed(task, evidence.journal);
    const passed: PassedEntry | null = isFirst ? { at, witness: passedName(task.id), kind: 'seen', value: { passed: true } } : null;
    graded.push({ task, verdict, evidence: capped(evidence), passed });
  }
  return graded;
}

const journalNames = (task: GradedTask) => [...Object.keys(task.witness).map((name) => journalName(task.id, name)), passedName(task.id)];

const hasPassed = (task: GradedTask, journal: readonly JournalEntry[]) => journal.some(({ witness }) => witness === passedName(task.id));

function settlingSince(memory: SettlingMemory, task: GradedTask, evidence: Evidence): string | null {
  if (!isSettling(task, valuesOf(task, evidence))) {
    memory.delete(task.id);
    return null;
  }
  const since = memory.get(task.id) ?? evidence.at;
  memory.set(task.id, since);
  return since;
}
