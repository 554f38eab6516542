import type { z } from 'zod';
import type { Evidence, JournalEntry } from '#grading/evidence.ts';
import type { Status, Verdict } from '#grading/verdict.ts';
import type { Move, SessionState, StartWay } from '#lab/session.ts';
import type { Role } from '#people/policy.ts';

/**
 * The only memory of Slipway: rows before containers (design §4), attempts append-only (design §6).
 * Every method is one transaction, durable when it answers. Times are ISO 8601 in UTC.
 * Throws `StoreError`: `busy` after 5 s of a locked database, `full` when the disk is, `unreachable` when the
 * database server is. After these three nothing was acknowledged, reads go on where they can, and a later try may succeed.
 */
export interface Store {
  people: PeopleStore;
  sessions: LabSessionStore;
  instances: LabInstanceStore;
  captures: CaptureStore;
  measures: MeasureStore;
  phases: PhaseStore;
  journal: SessionJournal;
  attempts: AttemptStore;
  help: HelpStore;
  desk: DeskStore;
  disputes: DisputeStore;
  tickets: TicketStore;
  log: LabLogStore;
  close(): Promise<void>;
}

export interface Person {
  id: string;
  name: string;
  roles: readonly Role[];
  createdAt: string;
}

export interface PeopleStore {
  create(person: { name: string; roles: readonly Role[] }): Promise<Person>;
  get(id: string): Promise<Person | null>;
  list(): Promise<readonly Person[]>;
  /** A new opaque token for a person; only its SHA-256 is stored. */
  openSession(person: string, expiresAt: string): Promise<{ token: string }>;
  /** The person behind a token that has not expired; notes that it was seen (at most once a minute). */
  bySession(token: string): Promise<Person | null>;
  closeSession(token: string): Promise<void>;
}

/** A learner's stay in a lab. Points at the lab instance (the containers) of the moment. */
export interface LabSession {
  id: string;
  person: string;
  lab: string;
  labVersion: string;
  state: SessionState;
  instance: string | null;
  /** The epoch its containers are labelled with; theirs, not the session's: a claimed lab was made before anybody asked for it. */
  instanceEpoch: number;
  /** How the lab of this epoch was made; null until that is decided. */
  way: StartWay | null;
  epoch: number;
  /** Why it failed, crashed or ended, and the one next step, as told to the learner. */
  reason: { code: string; message: string; advice?: string | undefined } | null;
  createdAt: string;
  changedAt: string;
  /** Last keystroke, action on its page, or change that was not the control plane's. */
  activeAt: string;
  /** Until then it is not paused for being idle: its learner asked for more time. */
  keepUntil: string | null;
}

export interface LabSessionStore {
  /** The person's live session in this lab, made in state `queued` when there is none. However often it is called at once, there is one. */
  begin(input: { person: string; lab: string; labVersion: string }): Promise<{ session: LabSession; created: boolean }>;
  /** Moves a queued session to `starting` with a new row for its containers, in one transaction; null when it is not queued. */
  admit(id: string): Promise<LabSession | null>;
  /**
   * Gives a session that is queued, or starting anew after a reset, the oldest spare of its lab and version that is ready, and moves it
   * to `starting` by way `warm`, in one transaction; what it had before is wanted absent. Null when it is in another state or there is
   * no such spare. Of any number that claim at once, no two get the same.
   */
  claim(id: string): Promise<LabSession | null>;
  /** Gives a session that starts anew after a reset a new row for containers; what it had before is wanted absent. Null when it does not start. */
  renew(id: string): Promise<LabSession | null>;
  /** Notes by which way the lab of a session that starts is made. */
  setWay(id: string, way: StartWay): Promise<void>;
  get(id: string): Promise<LabSession | null>;
  live(person: string, lab: string): Promise<LabSession | null>;
  listLive(): Promise<readonly LabSession[]>;
  /** Live and ended, newest first; `since`: those begun from then on. */
  list(filter: { person?: string; lab?: string; since?: string }): Promise<readonly LabSession[]>;
  /**
   * Makes a move if the state allows it, in one compare-and-set; null when it does not (somebody was faster).
   * `reset` also makes the next epoch. `set` changes the other columns in the same transaction.
   * A reason given by an earlier move stays only while the session is on its way to `ended`.
   */
  move(id: string, move: Move, set?: Partial<Pick<LabSession, 'instance' | 'reason' | 'labVersion'>>): Promise<LabSession | null>;
  /** Moves `activeAt` to this moment; written at most every 5 s. */
  touch(id: string): Promise<void>;
  /** Moves `keepUntil` of a live session, never back. Null when it has ended. */
  keep(id: string, until: string): Promise<LabSession | null>;
}

/** The intent that containers exist (for a session, or to spare) or be removed; labels of Docker objects name its id. */
export interface LabInstance {
  id: string;
  lab: string;
  labVersion: string;
  epoch: number;
  intent: 'present' | 'spare' | 'absent';
  createdAt: string;
  /** When a spare was whole, at its beginning, and paused; null before. */
  readyAt: string | null;
}

export interface LabInstanceStore {
  get(id: string): Promise<LabInstance | null>;
  list(): Promise<readonly LabInstance[]>;
  setEpoch(id: string, epoch: number): Promise<void>;
  /** A row for containers that are made before anybody asks for them. */
  addSpare(spare: { lab: string; labVersion: string }): Promise<LabInstance>;
  /** From now on it can be claimed; false when it is no spare any more. */
  spareReady(id: string): Promise<boolean>;
  /** Wants a spare absent that nobody has claimed; false when somebody was faster. */
  discardSpare(id: string): Promise<boolean>;
  wantAbsent(id: string): Promise<void>;
  /** Deletes the row, once the containers are gone. */
  forget(id: string): Promise<void>;
}

/** A lab captured at its beginning, from which others are made. A row before anything of it exists in the engine. */
export interface CaptureRow {
  /** Hash of everything the capture depends on. */
  key: string;
  lab: string;
  labVersion: string;
  /** `unverified`: taken, but no lab was made from it yet. `refused`: a lab made from it was not what it should be, or it could not be taken. */
  state: 'taking' | 'unverified' | 'good' | 'refused';
  /** Why it was refused, as told to the operator. */
  reason: string | null;
  bytes: number | null;
  createdAt: string;
  usedAt: string | null;
}

export interface CaptureStore {
  /** Writes a row in state `taking`; null when there is one of that key. */
  begin(capture: { key: string; lab: string; labVersion: string }): Promise<CaptureRow | null>;
  get(key: string): Promise<CaptureRow | null>;
  list(): Promise<readonly CaptureRow[]>;
  set(key: string, values: Partial<Pick<CaptureRow, 'state' | 'reason' | 'bytes' | 'usedAt'>>): Promise<void>;
  forget(key: string): Promise<void>;
}

/** By kind; absent when there is none. */
export type Measures = Readonly<Record<string, { count: number; last: number; p50: number; p90: number; max: number }>>;

/** What was measured of a lab on this host; `kind` is stable, e.g. `memory` (bytes of a lab that stands) or `start-cold` (ms). */
export interface MeasureStore {
  /** Keeps the newest 50 of each kind. */
  note(lab: string, kind: string, value: number): Promise<void>;
  of(lab: string): Promise<Measures>;
}

export interface Phase {
  id: string;
  title: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  startedAt: string | null;
  milliseconds: number | null;
  detail: string | null;
}

export interface PhaseStore {
  /** Begins the list of an epoch anew, all waiting. */
  plan(session: string, epoch: number, phases: readonly { id: string; title: string }[]): Promise<void>;
  begin(session: string, epoch: number, id: string): Promise<void>;
  detail(session: string, epoch: number, id: string, detail: string): Promise<void>;
  end(session: string, epoch: number, id: string, milliseconds: number): Promise<void>;
  /** What ran beside it waits again: nothing of a start that failed goes on. */
  fail(session: string, epoch: number, id: string, detail: string): Promise<void>;
  list(session: string, epoch: number): Promise<readonly Phase[]>;
  /** What each phase of this lab took on this host, in ms, over its last 50 good runs; absent when there were none. */
  estimates(lab: string): Promise<Readonly<Record<string, { p50: number; p90: number }>>>;
}

export interface JournalStore {
  /** `seq` rises through the session's whole life, whatever the epoch, and may leave numbers out. */
  append(session: string, epoch: number, entry: Omit<JournalEntry, 'seq'>): Promise<JournalEntry>;
  /** Oldest first. */
  list(session: string, epoch: number, witnesses: readonly string[]): Promise<readonly JournalEntry[]>;
}

export interface SessionJournal extends JournalStore {
  /** The newest entry of one witness; null when it has none. */
  latest(session: string, epoch: number, witness: string): Promise<JournalEntry | null>;
}

export interface Attempt {
  id: string;
  session: string;
  person: string;
  lab: string;
  task: string;
  cause: 'check' | 'turn';
  at: string;
  epoch: number;
  labVersion: string;
  graderVersion: string;
  kubernetesVersion: string;
  points: number;
  verdict: Verdict;
  evidence: Evidence;
}

/** A verdict on an attempt's evidence, and the grader that made it. */
export interface Judgement {
  /** When it was made: the attempt's own time, or that of a regrade. */
  at: string;
  graderVersion: string;
  points: number;
  verdict: Verdict;
}

/** An attempt with the verdict that counts: `verdict`, `points` and `graderVersion` are those of its newest judgement. */
export interface EffectiveAttempt extends Attempt {
  /** When a later grader judged it anew; null when none did. */
  revisedAt: string | null;
}

/** An attempt as `each` reads it. */
export interface AttemptOnRecord extends Omit<EffectiveAttempt, 'evidence'> {
  /** Null when it does not have the form that this Slipway reads. */
  evidence: Evidence | null;
  /** What its first judgement said. */
  firstStatus: Status;
}

/** What a later grader makes of an attempt. */
export interface Revision extends Judgement {
  attempt: string;
}

/** Best score of a person in a task, by effective verdicts; written in the transaction of the attempt or of its revision. */
export interface Best {
  person: string;
  lab: string;
  task: string;
  score: number;
  points: number;
  status: Status;
  attempt: string;
  /** When the best score was first reached. */
  at: string;
  /** Checks, and turns that were seen by themselves. */
  attempts: number;
  /** How often Check was pressed. */
  checks: number;
  /** The newest attempt, whatever its score. */
  lastStatus: Status;
  lastAt: string;
}

/** When a task first passed in an epoch of a session, and each time its status became another: oldest first, the newest 100. */
export interface TaskHistory {
  firstPassedAt: string | null;
  turns: readonly { at: string; status: Status; cause: Attempt['cause'] }[];
}

export interface AttemptStore {
  /**
   * Stores an attempt and moves the best row if it is better (a higher score, or the same with a better status), in one transaction.
   * `passed` is written into the journal in the same one, unless its witness is there already.
   */
  record(attempt: Omit<Attempt, 'id'>, passed?: Omit<JournalEntry, 'seq'> | null): Promise<Attempt>;
  /** With the judgements that count no longer, oldest first: what it was when it was made, and each regrade but the newest. */
  get(id: string): Promise<(EffectiveAttempt & { revisedFrom: readonly Judgement[] }) | null>;
  /** Newest first, without evidence. `before` is the id of an attempt: those older than it. */
  list(filter: {
    person?: string;
    lab?: string;
    task?: string;
    session?: string;
    ids?: readonly string[];
    limit: number;
    before?: string;
  }): Promise<readonly Omit<EffectiveAttempt, 'evidence'>[]>;
  /** Every attempt of a lab with its evidence, oldest first, read page by page: however many there are, few are in memory. */
  each(filter: { lab: string }): AsyncIterable<AttemptOnRecord>;
  /**
   * Puts newer judgements beside those on record, all or none, and works out the best and the newest status of each person and
   * task anew (a best may go down). One that repeats the judgement in effect is left out. Answers how many were written.
   */
  regrade(revisions: readonly Revision[]): Promise<number>;
  /** The latest verdict of each task in this session and epoch. */
  latest(session: string, epoch: number): Promise<readonly { task: string; at: string; verdict: Verdict; attempt: string }[]>;
  /** By task. */
  history(session: string, epoch: number): Promise<Readonly<Record<string, TaskHistory>>>;
  best(filter: { person?: string; lab?: string }): Promise<readonly Best[]>;
}

/** Help a person took with a task: a hint opened (`number` from 1), the solution asked for (1 or 2), the solution seen. */
export interface Help {
  person: string;
  lab: string;
  task: string;
  kind: 'hint' | 'asked' | 'solution';
  number: number;
  /** The first time; later ones change nothing. */
  at: string;
  /** The session it was taken in; null when it was read without a lab. */
  session: string | null;
}

export interface HelpStore {
  /** Writes it once, however often it is called. */
  take(help: Omit<Help, 'at'>): Promise<void>;
  /** Oldest first. */
  list(filter: { person?: string; lab?: string; task?: string }): Promise<readonly Help[]>;
}

/** What a person left open: the place in the course, drafts, tabs. Small JSON values by name, e.g. `place`, `tabs:SESSION`. */
export interface DeskStore {
  /** Replaces the value of that name; of more than 500 names the oldest go. */
  put(person: string, name: string, value: JsonValue): Promise<void>;
  /** By name; names without a value are left out. */
  get(person: string, names: readonly string[]): Promise<Readonly<Record<string, JsonValue>>>;
}
export type JsonValue = z.core.util.JSONType;

/** A learner says that a verdict is wrong. Its attempt and evidence are on record already. */
export interface Dispute {
  id: string;
  attempt: string;
  person: string;
  /** May be empty. */
  sentence: string;
  at: string;
  settledAt: string | null;
  settledBy: string | null;
  answer: string | null;
}

export interface DisputeStore {
  /** One per attempt: a second one replaces the sentence, while nobody has settled it. */
  file(dispute: { attempt: string; person: string; sentence: string }): Promise<Dispute>;
  /** Newest first. */
  list(filter: { person?: string; attempts?: readonly string[]; open?: boolean }): Promise<readonly Dispute[]>;
  settle(id: string, settled: { by: string; answer: string }): Promise<Dispute | null>;
}

/** An opaque token for one purpose; only its SHA-256 is stored. */
export interface Ticket {
  person: string;
  purpose: string;
  value: JsonValue;
  expiresAt: string;
}

export interface TicketStore {
  issue(ticket: Ticket): Promise<{ token: string }>;
  /** The ticket, which is gone from then on: of two that redeem it at once one gets it. Null when unknown, used, of another purpose, or expired. */
  redeem(purpose: string, token: string): Promise<Ticket | null>;
  /** The same, and it stays. */
  find(purpose: string, token: string): Promise<Ticket | null>;
}

/** What happened to a lab, for people to read. `kind` is stable, `text` a sentence. */
export interface LabLogEntry {
  seq: number;
  epoch: number;
  at: string;
  kind: string;
  text: string;
}

export interface LabLogStore {
  add(session: string, epoch: number, entry: { kind: string; text: string }): Promise<LabLogEntry>;
  /** Newest 500, oldest first; only those after `after` (a `seq`). */
  list(session: string, after?: number): Promise<readonly LabLogEntry[]>;
}

export class StoreError extends Error {
  override name = 'StoreError';
  readonly code: 'busy' | 'full' | 'unreachable' | 'newer-schema' | 'corrupt' | 'failed';
  constructor(code: StoreError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
