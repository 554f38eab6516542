import { type Kube, kube } from '#cluster/kube.ts';
import type { ClusterProvider, LabAccess } from '#cluster/port.ts';
import type { SessionJournal } from '#store/port.ts';
import { type Answers, type AskedTask, answerOf, handIn } from '../grade/answers.ts';
import { type Graded, gradeLab } from '../grade/grade-lab.ts';
import type { LoadedGrader } from '../grade/load-grader.ts';
import { watchWitnesses } from '../grade/watch-witnesses.ts';
import { observer } from '../observe/observer.ts';
import { trialMilliseconds, trier } from '../trial/trier.ts';
import { type Belongings, belongings } from './belongings.ts';
import { memoryJournal } from './memory-journal.ts';

/** Judges a lab as the server would, with a journal of its own from the moment it was made. */
export interface Judging {
  /** With `trials`, as when Check is pressed. */
  grade(options: { trials: boolean }): Promise<readonly Graded[]>;
  /** Hands in what a learner types into the fields of a task. */
  answer(answers: Answers): Promise<void>;
  /** What there is in all its clusters, as the admin sees it. */
  belongings(): Promise<Belongings>;
  close(): Promise<void>;
}

const gradeLimit = 30_000;

export function judgeIn(
  options: { provider: ClusterProvider; grader: LoadedGrader; asked: readonly AskedTask[]; journal?: SessionJournal; signal: AbortSignal },
  access: LabAccess,
): Judging {
  const { provider, grader, asked, journal = memoryJournal(), signal } = options;
  const { ref } = access;
  const session = { id: ref.lab, epoch: ref.epoch };
  const eye = observer({ provider, access, secretKey: new Uint8Array(32), answer: answerOf(journal, session, asked) });
  const failures: unknown[] = [];
  const watching = watchWitnesses({ observer: eye, journal, session, tasks: grader.tasks, onError: (error) => failures.push(error) });
  const hands = trier({ provider, access, observer: eye, journal, session, settled: watching.look });
  const settling = new Map<string, string>();
  const admins: readonly (readonly [string, Kube])[] = access.clusters.map(({ name, admin }) => [
    name,
    kube({ connect: (limit) => provider.dial(ref, { kind: 'api', cluster: name }, limit), credentials: admin }),
  ]);
  return {
    async grade({ trials }) {
      if (failures.length > 0) throw failures[0];
      const limit = AbortSignal.any([signal, AbortSignal.timeout(gradeLimit + (trials ? trialMilliseconds(grader.tasks) : 0))]);
      const grading = { observer: eye, journal, session, tasks: grader.tasks, settling, witness: watching.look, signal: limit };
      const graded = await gradeLab(trials ? { ...grading, trier: hands } : grading);
      for (const { passed } of graded) if (passed) await journal.append(session.id, session.epoch, passed);
      return graded;
    },
    answer: (answers) => handIn(journal, session, asked, answers),
    async belongings() {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
      const all = await Promise.all(
        admins.map(async ([cluster, admin]) =>
          [...(await belongings(admin, limit))].map(([name, thing]) => [`${cluster}: ${name}`, thing] as const),
        ),
      );
      return new Map(all.flat());
    },
    async close() {
      await watching.close();
      await Promise.all([eye.close(), hands.close(), ...admins.map(([, admin]) => admin.close())]);
    },
  };
}
