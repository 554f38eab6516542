import { EventEmitter } from 'node:events';
import type { Verdict } from '#grading/verdict.ts';
import type { LabLogEntry, LabSession, Phase } from '#store/port.ts';
import type { Place } from './admission.ts';

/** What a page shows of a session. */
export type SessionView = Pick<
  LabSession,
  'id' | 'lab' | 'state' | 'way' | 'epoch' | 'reason' | 'createdAt' | 'changedAt' | 'activeAt' | 'keepUntil'
>;

export interface CheckResult {
  task: string;
  verdict: Verdict;
  /** When the attempt was stored, durably. */
  savedAt: string;
  /** Whether Check was pressed, or it was seen by itself. */
  cause?: 'check' | 'turn';
  attempt: string;
}

export type PhaseView = Phase & { p50?: number; p90?: number };

export type SessionEvent =
  | { type: 'session'; data: SessionView }
  | { type: 'phases'; data: { epoch: number; phases: readonly PhaseView[] } }
  | { type: 'verdict'; data: CheckResult }
  /** Something happened to the lab that a person may want to read. */
  | { type: 'log'; data: LabLogEntry }
  /** Where it stands in the line of labs that wait to be made; null when it does not wait. */
  | { type: 'place'; data: { place: Place | null } }
  /** When it will be paused because nobody does anything in it; null when that is off. */
  | { type: 'idle'; data: { pausesAt: string | null } };

/** Tells the open pages of a session what happened. Holds nothing: a page that comes late reads the store. */
export interface Hub {
  publish(session: string, event: SessionEvent): void;
  subscribe(session: string, listener: (event: SessionEvent) => void): () => void;
  /** Every event of every session, for the server's own use: whoever listens here is no audience. */
  follow(listener: (session: string, event: SessionEvent) => void): () => void;
  /** Whether a page of the session is open. */
  hasAudience(session: string): boolean;
  /** Called when the first page of a session opens, and when the last is gone. */
  onAudience(listener: (session: string, present: boolean) => void): () => void;
}

export function hub(): Hub {
  const emitter = new EventEmitter().setMaxListeners(0);
  const followers = new EventEmitter().setMaxListeners(0);
  const audience = new EventEmitter().setMaxListeners(0);
  const hasAudience = (session: string) => emitter.listenerCount(session) > 0;
  return {
    publish(session, event) {
      followers.emit('event', session, event);
      emitter.emit(session, event);
    },
    follow(listener) {
      followers.on('event', listener);
      return () => void followers.off('event', listener);
    },
    subscribe(session, listener) {
      const isFirst = !hasAudience(session);
      emitter.on(session, listener);
      if (isFirst) audience.emit('change', session, true);
      let isOpen = true;
      return () => {
        emitter.off(session, listener);
        if (isOpen && !hasAudience(session)) audience.emit('change', session, false);
        isOpen = false;
      };
    },
    hasAudience,
    onAudience(listener) {
      audience.on('change', listener);
      return () => void audience.off('change', listener);
    },
  };
}

export function sessionView(session: LabSession): SessionView {
  const { id, lab, state, way, epoch, reason, createdAt, changedAt, activeAt, keepUntil } = session;
  return { id, lab, state, way, epoch, reason, createdAt, changedAt, activeAt, keepUntil };
}
