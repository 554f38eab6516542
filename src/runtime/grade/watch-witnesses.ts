import { setTimeout as delay } from 'node:timers/promises';
import type { Observed } from '#grading/evidence.ts';
import { type GradedTask, journalName } from '#grading/grader.ts';
import type { Observation } from '#grading/observation.ts';
import type { JournalStore } from '#store/port.ts';
import { listsBehind, type Observer, type Round } from '../observe/observer.ts';

export interface WatchWitnesses {
  observer: Pick<Observer, 'round' | 'changes'>;
  journal: JournalStore;
  session: { id: string; epoch: number };
  tasks: readonly GradedTask[];
  /** Called when the journal could not be written. Looking goes on. */
  onError: (error: unknown) => void;
  /** Called after entries were written. */
  onEntries?: () => void;
  /** Between two looks when nothing is known to have changed, in milliseconds. */
  pace?: number;
}

export interface Watching {
  /** Looks once more and, when the journal has what was seen, answers the round of reads it was seen in. */
  look(signal: AbortSignal): Promise<Round>;
  /** Stops and waits for what is under way. */
  close(): Promise<void>;
}

interface Witness {
  name: string;
  observation: Observation;
  /** The last value in the journal, as JSON. */
  last: string | null;
  /** Since when nothing could be seen. */
  blindSince: string | null;
}

/**
 * Keeps the journal of a lab: an entry whenever what a witness sees has changed, and a `gap` for any time in which
 * nobody could look, be it an outage of the API or a restart of the server.
 */
export function watchWitnesses(options: WatchWitnesses): Watching {
  const { observer, tasks, onError, pace = 3000 } = options;
  const stop = new AbortController();
  const named = tasks.flatMap((task) =>
    Object.entries(task.witness).map(([name, observation]): Witness => {
      return { name: journalName(task.id, name), observation, last: null, blindSince: null };
    }),
  );
  if (named.length === 0) return { look: async (signal) => observer.round(signal), close: async () => {} };

  let wake = new AbortController();
  const changed = () => wake.abort();
  let current: Promise<unknown> = resume(options, named).catch(onError);
  const look = (signal: AbortSignal) => {
    const next = current.then(() => lookOnce(options, named, signal));
    current = next.catch(() => {}); // Whoever asked for this look is told; the next one begins in any case.
    return next;
  };

  const pacing = (async () => {
    while (!stop.signal.aborted) {
      wake = new AbortController();
      await look(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) onError(error);
      });
      await rest(pace, AbortSignal.any([stop.signal, wake.signal]));
    }
  })();
  const lists = new Map(named.flatMap(({ observation }) => listsBehind(observation.request)).map((list) => [JSON.stringify(list), list]));
  const following = [...lists.values()].map(async (list) => {
    while (!stop.signal.aborted) {
      try {
        for await (const _ of observer.changes(list, stop.signal)) changed();
      } catch {
        // The API is away: the paced look records the gap, and the watch is tried again.
      }
      await rest(pace, stop.signal);
    }
  });

  return {
    look,
    async close() {
      stop.abort();
      await Promise.all([pacing, ...following]);
      await current;
    },
  };
}

/** Takes up a journal that an earlier process began: its last values are known, and the time since is a gap. */
async function resume({ journal, session }: WatchWitnesses, witnesses: Witness[]): Promise<void> {
  const entries = await journal.list(
    session.id,
    session.epoch,
    witnesses.map(({ name }) => name),
  );
  const latest = entries.at(-1)?.at ?? null;
  for (const witness of witnesses) {
    const own = entries.filter((entry) => entry.witness === witness.name && entry.kind === 'seen').at(-1);
    if (own) Object.assign(witness, { last: JSON.stringify(own.value), blindSince: latest });
  }
}

async function lookOnce(
  { observer, journal, session, onEntries }: WatchWitnesses,
  witnesses: Witness[],
  signal: AbortSignal,
): Promise<Round> {
  const observe = observer.round(signal);
  const seen = await Promise.all(witnesses.map(({ observation }) => observe(observation)));
  const at = new Date().toISOString();
  let wrote = false;
  for (const [index, witness] of witnesses.entries()) {
    const news = newsOf(witness, seen[index], at);
    for (const entry of news) await journal.append(session.id, session.epoch, { at, witness: witness.name, ...entry });
    wrote ||= news.length > 0;
  }
  if (wrote) onEntries?.();
  return observe;
}

function newsOf(witness: Witness, seen: Observed | undefined, at: string) {
  if (!seen?.ok) {
    witness.blindSince ??= at;
    return [];
  }
  const value = JSON.stringify(seen.value);
  const gap = witness.blindSince === null ? [] : [{ kind: 'gap' as const, value: { from: witness.blindSince } }];
  const change = value === witness.last ? [] : [{ kind: 'seen' as const, value: seen.value }];
  Object.assign(witness, { last: value, blindSince: null });
  return [...gap, ...change];
}

/** Waits until the time is over or the signal fires, whichever is first. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await delay(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
