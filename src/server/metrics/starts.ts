import type { StartWay } from '#lab/session.ts';
import type { Hub, PhaseView, SessionView } from '#runtime/hub.ts';

/** A start, or a beginning anew, that came to its end. */
export interface StartSeen {
  session: string;
  lab: string;
  way: StartWay | null;
  outcome: 'ready' | 'failed';
  /** When it ended. */
  at: string;
  milliseconds: number;
  phases: readonly { id: string; title: string; milliseconds: number }[];
}

export interface StartsHeard {
  started(start: StartSeen): void;
  resumed(resume: { lab: string; milliseconds: number }): void;
  /** A session left the line. */
  admitted(wait: { lab: string; milliseconds: number }): void;
}

interface Known {
  view: SessionView;
  phases: readonly PhaseView[];
}

/** Hears from the hub how long each way took. What began before anybody listened is left out: nobody knows its beginning. */
export function followStarts(hub: Pick<Hub, 'follow'>, heard: StartsHeard): () => void {
  const known = new Map<string, Known>();

  const told = (now: SessionView) => {
    const before = known.get(now.id);
    const took = before ? between(before.view.changedAt, now.changedAt) : 0;
    if (now.state === 'starting' && now.epoch === 1 && before?.view.state !== 'starting') {
      heard.admitted({ lab: now.lab, milliseconds: between(now.createdAt, now.changedAt) });
    }
    if (before?.view.state === 'starting' && (now.state === 'ready' || now.state === 'failed')) {
      const phases = before.phases.flatMap(({ id, title, state, milliseconds }) =>
        state === 'done' && milliseconds !== null ? [{ id, title, milliseconds }] : [],
      );
      const { id: session, lab, way, state: outcome, changedAt: at } = now;
      heard.started({ session, lab, way, outcome, at, milliseconds: took, phases });
    }
    if (before?.view.state === 'paused' && now.state === 'ready') {
      heard.resumed({ lab: now.lab, milliseconds: before.phases[0]?.milliseconds ?? took });
    }
    if (now.state === 'ended') known.delete(now.id);
    // Told twice, a state began when it was told first.
    else if (before?.view.state !== now.state || before.view.epoch !== now.epoch) known.set(now.id, { view: now, phases: [] });
  };

  return hub.follow((session, event) => {
    const before = known.get(session);
    if (event.type === 'session') told(event.data);
    else if (event.type === 'phases' && before?.view.epoch === event.data.epoch) before.phases = event.data.phases;
  });
}

const between = (from: string, to: string) => Math.max(0, Date.parse(to) - Date.parse(from));
