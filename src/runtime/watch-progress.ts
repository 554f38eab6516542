import type { LabAccess } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, labOf } from './context.ts';
import { answerOf } from './grade/answers.ts';
import type { SettlingMemory } from './grade/grade-lab.ts';
import { type LoadedGrader, loadGrader } from './grade/load-grader.ts';
import { type Watching, watchWitnesses } from './grade/watch-witnesses.ts';
import type { CheckResult } from './hub.ts';
import { type Observer, observer } from './observe/observer.ts';
import { Problem } from './problem.ts';
import { type LeftTrials, leftTrials } from './trial/left-trials.ts';

const undoMilliseconds = 30_000;

/** A lab under observation: its grader, what looks into it, and the journal that is being kept. */
export interface Watch {
  access: LabAccess;
  grader: LoadedGrader;
  observer: Observer;
  watching: Watching;
  settling: SettlingMemory;
  left: LeftTrials;
  /** Checks under way, by what was asked. */
  checking: Map<string, Promise<readonly CheckResult[]>>;
}

/** The labs whose journals are kept, from ready on, whoever is looking (design §6). */
export interface Watches {
  /** Begins to keep a lab's journal; does nothing when it is kept. What was kept of an earlier epoch is ended, a later one is left alone. */
  begin(session: LabSession, access: LabAccess): Promise<Watch>;
  /** Of this epoch, or of whichever there is. */
  get(session: string, epoch?: number): Promise<Watch> | undefined;
  /** Stops and waits. */
  end(session: string): Promise<void>;
  close(): Promise<void>;
}

export function watches(
  context: Pick<Context, 'provider' | 'store' | 'log' | 'course' | 'settings' | 'live' | 'hub'>,
  secretKey: Uint8Array,
): Watches {
  const { provider, store, log, settings, live, hub } = context;
  const kept = new Map<string, { epoch: number; watch: Promise<Watch>; isLive: boolean }>();

  async function watch(session: LabSession, access: LabAccess): Promise<Watch> {
    const lab = labOf(context, session.lab);
    const grader = await loadGrader({ root: settings.root, folder: lab.folder, tasks: lab.file.tasks });
    const where = { id: session.id, epoch: session.epoch };
    const eyes = observer({
      provider,
      access,
      secretKey,
      answer: answerOf(store.journal, where, lab.file.tasks),
      onRepair: (note) => log.warn({ session: session.id }, note),
      onError: (err) => log.error({ err, session: session.id }, 'a change in the lab could not be taken up'),
    });
    const { journal } = store;
    let watching: Watching | null = null;
    const settled = async (signal: AbortSignal) => await watching?.look(signal);
    const trials = { provider, access, observer: eyes, journal, session: where, rules: lab.file.prober, settled };
    const onLeft = (err: unknown) => log.warn({ err, session: session.id }, 'a trial that was left could not be taken back');
    const left = leftTrials(trials, grader.tasks, { onError: onLeft });
    try {
      const undone = await left.takeBack(AbortSignal.timeout(undoMilliseconds));
      if (undone > 0) log.warn({ session: session.id, undone }, 'trials that the server left behind were taken back');
    } catch (error) {
      await left.close();
      await eyes.close();
      throw error;
    }
    watching = watchWitnesses({
      observer: eyes,
      journal,
      session: where,
      tasks: grader.tasks,
      // A learner who is there may do and undo within seconds what a witness is to see.
      pace: () => (hub.hasAudience(session.id) ? 3_000 : 15_000),
      onEntries: (task) => live.changed(session.id, [task]),
      onError: (error) => log.warn({ err: error, session: session.id }, 'a journal could not be read or written'),
    });
    return { access, grader, observer: eyes, watching, settling: new Map(), left, checking: new Map() };
  }

  const self: Watches = {
    async begin(session, access) {
      for (let known = kept.get(session.id); known !== undefined; known = kept.get(session.id)) {
        if (known.epoch === session.epoch) return await known.watch;
        if (known.epoch > session.epoch) throw new Problem(409, 'not-ready', 'The lab was reset meanwhile.');
        await self.end(session.id);
      }
      const begun = { epoch: session.epoch, watch: watch(session, access), isLive: false };
      kept.set(session.id, begun);
      begun.watch.then(
        (watch) => {
          begun.isLive = kept.get(session.id) === begun;
          if (begun.isLive) live.began(session.id, watch);
        },
        () => kept.get(session.id) === begun && kept.delete(session.id),
      );
      return await begun.watch;
    },
    get(session, epoch) {
      const known = kept.get(session);
      return epoch === undefined || known?.epoch === epoch ? known?.watch : undefined;
    },
    async end(session) {
      const begun = kept.get(session);
      if (begun === undefined) return;
      kept.delete(session);
      const watch = await begun.watch.catch(() => null); // Whoever began it was told.
      if (begun.isLive) await live.ended(session);
      await watch?.left.close();
      await watch?.watching.close();
      await watch?.observer.close();
    },
    async close() {
      await Promise.all([...kept.keys()].map((session) => self.end(session)));
    },
  };
  return self;
}
