/** The columns of every table as Kysely sees them (snake case in the database). Rows are parsed again where they are read: `row.ts`. */
export interface Tables {
  person: { id: string; name: string; roles: string; createdAt: string };
  personSession: { tokenHash: string; person: string; createdAt: string; expiresAt: string; seenAt: string };
  labInstance: { id: string; lab: string; labVersion: string; epoch: number; intent: string; createdAt: string; readyAt: string | null };
  capture: CaptureTable;
  measure: { lab: string; kind: string; number: number; value: number };
  labSession: LabSessionTable;
  phase: PhaseTable;
  journal: { session: string; seq: number; epoch: number; at: string; witness: string; kind: string; value: string };
  attempt: AttemptTable;
  revision: { attempt: string; number: number; at: string; graderVersion: string; points: number; verdict: string };
  best: BestTable;
  help: { person: string; lab: string; task: string; kind: string; number: number; at: string; session: string | null };
  desk: { person: string; name: string; value: string; at: string };
  dispute: DisputeTable;
  ticket: { tokenHash: string; person: string; purpose: string; value: string; expiresAt: string };
  labLog: { session: string; seq: number; epoch: number; at: string; kind: string; text: string };
}

interface CaptureTable {
  key: string;
  lab: string;
  labVersion: string;
  state: string;
  reason: string | null;
  bytes: number | null;
  createdAt: string;
  usedAt: string | null;
}

interface DisputeTable {
  id: string;
  attempt: string;
  person: string;
  sentence: string;
  at: string;
  settledAt: string | null;
  settledBy: string | null;
  answer: string | null;
}

interface LabSessionTable {
  id: string;
  person: string;
  lab: string;
  labVersion: string;
  state: string;
  instance: string | null;
  instanceEpoch: number;
  way: string | null;
  epoch: number;
  reason: string | null;
  createdAt: string;
  changedAt: string;
  activeAt: string;
  keepUntil: string | null;
  /** Last number given to an entry or attempt of this session. */
  sequence: number;
}

interface PhaseTable {
  session: string;
  epoch: number;
  id: string;
  position: number;
  title: string;
  state: string;
  startedAt: string | null;
  milliseconds: number | null;
  detail: string | null;
}

interface AttemptTable {
  id: string;
  session: string;
  seq: number;
  person: string;
  lab: string;
  task: string;
  cause: string;
  at: string;
  epoch: number;
  labVersion: string;
  graderVersion: string;
  kubernetesVersion: string;
  points: number;
  verdict: string;
  evidence: string;
}

interface BestTable {
  person: string;
  lab: string;
  task: string;
  score: number;
  points: number;
  status: string;
  /** Orders statuses of equal score. */
  rank: number;
  attempt: string;
  at: string;
  attempts: number;
  checks: number;
  lastStatus: string;
  lastAt: string;
}
