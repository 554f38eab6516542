import type { z } from 'zod';
import type { Evidence } from './evidence.ts';
import { type GradedTask, journalName, OpenGap, passedName } from './grader.ts';
import { reasonIn } from './needs.ts';
import type { Finding, Verdict } from './verdict.ts';
import { type Reason, readable, worded } from './wording.ts';

/**
 * The verdict on one task, from its evidence alone: passed, else cannot-check, else not-yet, else wrong.
 * Reads no clock; the same evidence gives the same verdict.
 */
export function judge(task: GradedTask, evidence: Evidence): Verdict {
  const verdict = (status: Verdict['status'], share: number, findings: readonly Finding[] = []): Verdict => ({
    task: task.id,
    status,
    score: task.points * share,
    findings: [...findings],
  });
  if (task.lasts === 'once' && evidence.journal.some((entry) => entry.witness === passedName(task.id))) return verdict('passed', 1);

  const values = valuesOf(task, evidence);
  const expected = task.expect.safeParse(values);
  if (expected.success) return task.trial === null ? verdict('passed', 1) : judgeTrial(task, task.trial, evidence, values, verdict);

  const unseen = [...blind(task.observe, evidence.observed), ...unwitnessed(task, evidence)];
  if (unseen.length > 0) return verdict('cannot-check', 0, told(task, unseen));

  const findings = told(task, found(expected.error.issues, values));
  const settled = !isSettling(task, values) || secondsBetween(evidence.settlingSince, evidence.at) >= task.settlesWithin;
  return settled ? verdict('wrong', shareOf(task, expected.error.issues), findings) : verdict('not-yet', 0, findings);
}

/** Whether a task holds as far as can be seen, and only a press of Check, which makes its trial, can tell more. */
export const isWaitingForTrial = ({ status, findings }: Pick<Verdict, 'status' | 'findings'>) =>
  status === 'not-yet' && findings.length > 0 && findings.every(({ code }) => code === waiting);

const waiting = 'trial.waiting';

/** Whether a task's trials are due: what is observed is as expected, and no journal entry keeps it passed. */
export function isReadyForTrial(task: GradedTask, evidence: Evidence): boolean {
  return task.trial !== null && isWaitingForTrial(judge(task, { ...evidence, trials: null }));
}

/** What a task that holds by itself comes to by what was tried. */
function judgeTrial(
  task: GradedTask,
  { observe, expect }: NonNullable<GradedTask['trial']>,
  evidence: Evidence,
  values: Record<string, unknown>,
  verdict: (status: Verdict['status'], share: number, findings?: readonly Finding[]) => Verdict,
): Verdict {
  const { trials } = evidence;
  if (trials === null) return verdict('not-yet', 0, told(task, [{ code: waiting, params: {} }]));
  const all = { ...values, ...read(observe, trials) };
  const expected = expect.safeParse(all);
  if (expected.success) return verdict('passed', 1);
  const untried = [...blind(observe, trials, 'trial.failed'), ...unwitnessed(task, evidence)];
  if (untried.length > 0) return verdict('cannot-check', 0, told(task, untried));
  return verdict('wrong', shareOf(task, expected.error.issues), told(task, found(expected.error.issues, all)));
}

/** What the task's schemas read: each value that was seen and has its form, and each witness's entries. */
export function valuesOf(task: GradedTask, evidence: Evidence): Record<string, unknown> {
  const values = read(task.observe, evidence.observed);
  for (const name of Object.keys(task.witness)) {
    values[name] = evidence.journal.filter((entry) => entry.witness === journalName(task.id, name));
  }
  return values;
}

type Reads = Readonly<Record<string, { value: z.ZodType; decides?: boolean }>>;

function read(reads: Reads, observed: Evidence['observed']): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, { decides = true, value }] of Object.entries(reads)) {
    const seen = observed[name];
    const parsed = decides && seen?.ok ? value.safeParse(seen.value) : null;
    if (parsed?.success) values[name] = parsed.data;
  }
  return values;
}

/** Whether the cluster is still at work on the task. */
export function isSettling(task: GradedTask, values: Record<string, unknown>): boolean {
  return task.settling?.safeParse(values).success ?? false;
}

/** The observations that decide and could not be made, or not be read. */
function blind(reads: Reads, observed: Evidence['observed'], code = 'observation.failed'): Reason[] {
  return Object.entries(reads).flatMap(([observation, { decides = true, value }]): Reason[] => {
    if (!decides) return [];
    const seen = observed[observation];
    if (seen?.ok) return value.safeParse(seen.value).success ? [] : [{ code: 'evidence.unreadable', params: { observation } }];
    return [{ code, params: { observation, reason: seen?.reason ?? 'it is not in the evidence' } }];
  });
}

/** The witnesses whose journal cannot be read, or of which a trial hides what came since because it was not taken back. */
function unwitnessed(task: GradedTask, { journal }: Evidence): Reason[] {
  return Object.entries(task.witness).flatMap(([witness, { value }]): Reason[] => {
    const own = journal.filter((entry) => entry.witness === journalName(task.id, witness));
    if (own.some((entry) => entry.kind === 'seen' && !value.safeParse(entry.value).success)) {
      return [{ code: 'evidence.unreadable', params: { observation: witness } }];
    }
    const isHidden = own.some((entry) => entry.kind === 'gap' && OpenGap.safeParse(entry.value).success);
    return isHidden ? [{ code: 'trial.left', params: { witness } }] : [];
  });
}

/** The reasons that will be told, with the value each is about as `{seen}`: of one code a few, however many there are. */
function found(issues: readonly z.core.$ZodIssue[], values: unknown): Reason[] {
  const told = new Map<string, number>();
  return issues.flatMap((issue) => {
    const code = codeOf(issue);
    const times = (told.get(code) ?? 0) + 1;
    told.set(code, times);
    return times > readOfACode ? [] : [reasonFor(issue, values)];
  });
}

function reasonFor(issue: z.core.$ZodIssue, values: unknown): Reason {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const reason = reasonIn(issue);
  if (reason !== undefined && 'seen' in reason.params) return { ...reason, path };
  const seen = readable(path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], values));
  if (reason === undefined) return { code: codeOf(issue), params: { path: path.join('.'), seen, expected: issue.message }, path };
  return { code: reason.code, params: { seen, ...reason.params }, path };
}

const codeOf = (issue: z.core.$ZodIssue) => reasonIn(issue)?.code ?? 'task.unmet';

/** More of one code than this tell a learner nothing new: twelve pods with one fault have one fault. */
const mostOfACode = 3;
/** So many of one code are read to find those that differ. */
const readOfACode = 50;

/** Findings in words, each sentence once. */
function told(task: GradedTask, reasons: readonly Reason[]): Finding[] {
  const findings: Finding[] = [];
  for (const finding of reasons.map((reason) => worded(reason, task.words))) {
    const alike = findings.filter(({ code }) => code === finding.code);
    if (alike.length < mostOfACode && alike.every(({ seen }) => seen !== finding.seen)) findings.push(finding);
  }
  return findings;
}

/** The share of the points that the worst of the findings leaves. */
function shareOf({ credit }: GradedTask, issues: readonly z.core.$ZodIssue[]): number {
  const codes = [...new Set(issues.map(codeOf))];
  return Math.min(1, ...codes.map((code) => (Object.hasOwn(credit, code) ? (credit[code] ?? 0) : 0)));
}

const secondsBetween = (from: string | null, to: string) => (from === null ? 0 : (Date.parse(to) - Date.parse(from)) / 1000);
