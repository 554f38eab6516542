import type { Observed } from '#grading/evidence.ts';
import type { GradedTask } from '#grading/grader.ts';
import type { JournalStore } from '#store/port.ts';
import { type Clock, isoNow, plans, rest, systemClock } from '../clock.ts';
import { costOf, isTold, isToldByObjects } from '../observe/behind.ts';
import type { InformerEvent } from '../observe/informer.ts';
import type { ObjectRequest } from '../observe/kube-read.ts';
import { type Observer, observedAs, type Round } from '../observe/observer.ts';
import { budget } from './budget.ts';
import type { Draft } from './journal-cap.ts';
import { miss, newsOf, releasedOf, resume, type Witness, witnessesOf } from './witness.ts';

export interface WatchWitnesses {
  observer: Pick<Observer, 'round' | 'informers'>;
  journal: JournalStore;
  session: { id: string; epoch: number };
  tasks: readonly GradedTask[];
  /** Called when the journal could not be read or written. Looking goes on. */
  onError: (error: unknown) => void;
  /** Called with the task whose journal got an entry. */
  onEntries?: (task: string) => void;
  /** Between two looks of a probe when nothing is known to have changed, in milliseconds. */
  pace?: () => number;
  clock?: Clock;
}

export interface Watching {
  /** Looks at everything anew and, when the journal has what was seen, answers the round of reads it was seen in. */
  look(signal: AbortSignal): Promise<Round>;
  /** Stops and waits for what is under way. */
  close(): Promise<void>;
}

/** What follows a change shows itself a moment later: a pod has to start listening. */
const onceMore = 1_000;
/** Between two looks of one probe, however much changes. */
const breath = 250;
/** How often what only objects can change is looked at although none did. */
const insurance = 60_000;
/** How long a look waits for the journal to have what it saw. */
const catchUp = 500;
/** What one lab's lists may take of this process's time. */
const heedingShare = 0.2;
/** Entries that wait to be written; what comes beyond is a gap. */
const mostWaiting = 1_000;

/**
 * Keeps the journal of a lab. Objects are followed by watches: every state they went through is an entry, in order. Probes look
 * after a change of what lies behind them and at a slow pace. What nobody could see, for an outage or a restart, is a `gap`.
 */
export function watchWitnesses(options: WatchWitnesses): Watching {
  const { observer, journal, session, tasks, onError, onEntries = () => {}, pace = () => 3000, clock = systemClock } = options;
  const witnesses = witnessesOf(tasks);
  if (witnesses.length === 0) return { look: async (signal) => observer.round(signal), close: async () => {} };

  const stop = new AbortController();
  const looking = new Set<Promise<void>>();
  const { plan, replan, callOffAll } = plans(clock);
  const changed = new Set<Witness>();
  /** Lists that changed and were not heeded since. */
  const overdue = new Set<Witness>();
  const heeding = budget(heedingShare, 1_000);
  let written: Promise<void> = Promise.resolve();
  let waiting = 0;

  function heed(witness: Witness, seen: Observed): void {
    const at = isoNow(clock);
    if (waiting > mostWaiting) witness.blindSince ??= at;
    else write(witness, newsOf(witness, seen, at), at);
  }

  function write(witness: Witness, drafts: readonly Draft[], at: string): void {
    if (drafts.length === 0) return;
    waiting += 1;
    written = written
      .then(async () => {
        for (const draft of drafts) await journal.append(session.id, session.epoch, { ...draft, witness: witness.name });
        onEntries(witness.task);
      })
      .catch((error: unknown) => {
        witness.blindSince ??= at;
        witness.last = null;
        onError(error);
      })
      .finally(() => {
        waiting -= 1;
      });
  }

  /** What the list in memory says; null when it is not in step. */
  function known({ observation }: Witness): Observed | null {
    const read = observer.informers.read(observation.request as ObjectRequest);
    return read && observedAs(observation, read.value);
  }

  function heedList(witness: Witness): void {
    heeding.spend(() => {
      overdue.delete(witness);
      const seen = known(witness);
      witness.isFollowed = seen !== null;
      if (seen) heed(witness, seen);
    });
  }

  /** Heeds a change at once, unless this lab has taken too much time by that: then it is a gap, and heeded later. */
  function heedChange(witness: Witness): void {
    if (heeding.isSpent()) {
      if (!overdue.has(witness)) miss(witness, isoNow(clock));
      overdue.add(witness);
      plan('overdue', onceMore, heedOverdue);
    } else heedList(witness);
  }

  function heedOverdue(): void {
    for (const witness of [...overdue]) heedChange(witness);
  }

  function onEvent(list: string, event: InformerEvent): void {
    const concerned = witnesses.filter(({ interests }) => isTold(interests, list, event));
    for (const witness of concerned.filter((witness) => witness.list === list)) {
      if (event.type === 'blind') Object.assign(witness, { isFollowed: false, blindSince: witness.blindSince ?? event.since });
      else heedChange(witness);
    }
    const probes = concerned.filter((witness) => witness.list === null);
    if (event.type === 'blind' || probes.length === 0) return;
    lookAt(probes);
    for (const probe of probes) changed.add(probe);
    replan('once more', onceMore, () => {
      lookAt([...changed]);
      changed.clear();
    });
  }

  let wave: Round | null = null;
  /** What is looked at by the same cause is asked once. */
  function sharedRound(): Round {
    if (wave === null) {
      wave = observer.round(stop.signal, { informed: true });
      setImmediate(() => {
        wave = null;
      });
    }
    return wave;
  }

  function lookAt(some: readonly Witness[]): void {
    for (const witness of some) {
      witness.mustLookAgain = true;
      if (witness.isLooking || stop.signal.aborted) continue;
      witness.isLooking = true;
      const done = lookOn(witness)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) onError(error);
        })
        .finally(() => {
          witness.isLooking = false;
          looking.delete(done);
        });
      looking.add(done);
    }
  }

  async function lookOn(witness: Witness): Promise<void> {
    while (witness.mustLookAgain && !stop.signal.aborted) {
      witness.mustLookAgain = false;
      await lookOnce(witness, sharedRound());
      await rest(clock, breath, stop.signal);
    }
  }

  async function lookOnce(witness: Witness, round: Round): Promise<Observed> {
    const order = ++witness.begun;
    witness.lookedAt = clock.now();
    const seen = await round(witness.observation);
    if (witness.isFollowed || order < witness.heeded) return seen;
    witness.heeded = order;
    heed(witness, seen);
    return seen;
  }

  /** Writes what could not be written before. */
  function settle(): void {
    const at = isoNow(clock);
    for (const witness of witnesses) {
      if (overdue.has(witness) || (witness.isFollowed && witness.blindSince !== null)) heedList(witness);
      write(witness, releasedOf(witness, at), at);
    }
  }

  const probes = witnesses.filter(({ observation }) => !isToldByObjects(observation.request));
  const costly = 1000 * probes.reduce((sum, { observation }) => sum + costOf(observation.request), 0);
  function paced(): void {
    const now = clock.now();
    const due = witnesses.filter((witness) => {
      if (witness.isFollowed) return false;
      const every = witness.list === null && isToldByObjects(witness.observation.request) ? insurance : Math.max(pace(), costly);
      // What was looked at a moment ago, because something changed, waits for the next time.
      return now - witness.lookedAt >= every / 2;
    });
    lookAt(due);
    settle();
    replan('pace', Math.max(pace(), costly), paced);
  }

  let unsubscribe = () => {};
  const begun = (async () => {
    const names = witnesses.map(({ name }) => name);
    await journal.list(session.id, session.epoch, names).then((entries) => resume(witnesses, entries), onError);
    if (stop.signal.aborted) return;
    unsubscribe = observer.informers.onEvent(onEvent);
    observer.informers.keep(
      'witness',
      witnesses.flatMap(({ interests }) => interests.map(({ list }) => list)),
    );
    await observer.informers.tried();
    paced();
  })();

  /** Waits, for a moment, until the journal has what was seen. */
  async function caughtUp(witness: Witness, seen: Observed): Promise<void> {
    const same = () => !witness.isFollowed || JSON.stringify(known(witness)) === JSON.stringify(seen);
    if (!seen.ok || same()) return;
    const waited = new AbortController();
    const off = observer.informers.onEvent(() => same() && waited.abort());
    await rest(clock, catchUp, AbortSignal.any([waited.signal, stop.signal]));
    off();
  }

  return {
    async look(signal) {
      await begun;
      const round = observer.round(signal);
      await Promise.all(witnesses.map(async (witness) => caughtUp(witness, await lookOnce(witness, round))));
      settle();
      await written;
      return round;
    },
    async close() {
      stop.abort();
      unsubscribe();
      callOffAll();
      await begun;
      await Promise.all(looking);
      await written;
    },
  };
}
