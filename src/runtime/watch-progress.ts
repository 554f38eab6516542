import type { LabAccess } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, labOf } from './context.ts';
import type { SettlingMemory } from './grade/grade-lab.ts';
import { type LoadedGrader, loadGrader } from './grade/load-grader.ts';
import { type Watching, watchWitnesses } from './grade/watch-witnesses.ts';
import type { CheckResult } from './hub.ts';
import { type Observer, observer } from './observe/observer.ts';

/** A lab under observation: its grader, what looks into it, and the journal that is being kept. */
export interface Watch {
  access: LabAccess;
  grader: LoadedGrader;
  observer: Observer;
  watching: Watching;
  settling: SettlingMemory;
  /** Checks under way, by what was asked. */
  checking: Map<string, Promise<readonly CheckResult[]>>;
}

/** The labs whose journals are kept, from ready on, whoever is looking (design §6). */
export interface Watches {
  /** Begins to keep a lab's journal; does nothing when it is kept. */
  begin(session: LabSession, access: LabAccess): Promise<Watch>;
  get(session: string): Promise<Watch> | undefined;
  /** Stops and waits. */
  end(session: string): Promise<void>;
  close(): Promise<void>;
}

export function watches(
  context: Pick<Context, 'provider' | 'store' | 'log' | 'course' | 'settings' | 'live'>,
  secretKey: Uint8Array,
): Watches {
  const { provider, store, log, settings } = context;
  const kept = new Map<string, Promise<Watch>>();

  async function watch(session: LabSession, access: LabAccess): Promise<Watch> {
    const lab = labOf(context, session.lab);
    const grader = await loadGrader({ root: settings.root, folder: lab.folder, tasks: lab.file.tasks });
    const eyes = observer({ provider, access, secretKey });
    const watching = watchWitnesses({
      observer: eyes,
      journal: store.journal,
      session: { id: session.id, epoch: session.epoch },
      tasks: grader.tasks,
      onEntries: () => context.live.changed(session.id),
      onError: (error) => log.warn({ err: error, session: session.id }, 'a journal could not be written'),
    });
    return { access, grader, observer: eyes, watching, settling: new Map(), checking: new Map() };
  }

  const self: Watches = {
    begin(session, access) {
      const begun = kept.get(session.id) ?? watch(session, access);
      kept.set(session.id, begun);
      begun.catch(() => {
        if (kept.get(session.id) === begun) kept.delete(session.id);
      });
      return begun;
    },
    get: (session) => kept.get(session),
    async end(session) {
      const begun = kept.get(session);
      if (begun === undefined) return;
      kept.delete(session);
      const watch = await begun.catch(() => null); // Whoever began it was told.
      await watch?.watching.close();
      await watch?.observer.close();
    },
    async close() {
      await Promise.all([...kept.keys()].map((session) => self.end(session)));
    },
  };
  return self;
}
