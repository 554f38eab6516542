import type { LabSession, Person } from '#store/port.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';

/** Where a session stands in the line of those that wait to be made. */
export interface Place {
  /** From 1. */
  place: number;
  of: number;
  /** Until its lab begins to be made; null when nobody can say. */
  estimateMilliseconds: number | null;
  /** What it waits for, in a sentence. */
  why: string;
}

/** Who may begin a lab, and when. The line is the rows: it survives the server. */
export interface Admission {
  /** Refuses, before there is a row, what this person may not begin (429) or nobody can (503). `again`: the session that begins anew. */
  check(person: Person, lab: CourseLab, again?: LabSession): Promise<void>;
  /**
   * Takes a session that is queued, or starting anew after a reset or a restart of the server: begun at once where there is room, else
   * left in line. Answers its row as it is then. However often it is called, the session is in the line once and made once.
   */
  enter(session: LabSession): Promise<LabSession>;
  /** Something changed that those in line may have waited for. What the hub tells of sessions is heard without it. */
  wake(): void;
  /** Null when it does not wait. */
  place(session: string): Place | null;
  close(): Promise<void>;
}

/** Begins to make the lab of a session that is queued or starting, in the background; answers its row as it is then. */
export type Begin = (context: Context, session: LabSession) => Promise<LabSession>;

export function admission(context: () => Context, begin: Begin): Admission {
  return {
    async check() {},
    enter: (session) => begin(context(), session),
    wake() {},
    place: () => null,
    async close() {},
  };
}
