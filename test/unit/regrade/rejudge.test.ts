import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rejudger } from '#cli/regrade/rejudge.ts';
import { defineGrader, kube, reasons, task, trial } from '#grading';
import { type Grader, gradedTasks, passedName } from '#grading/grader.ts';
import { judge } from '#grading/judge.ts';
import type { AttemptOnRecord } from '#store/port.ts';

const web = kube.object('v1', 'Service', 'web', { namespace: 'shop', fields: z.object({ spec: z.object({ port: z.int() }) }) });
const dry = trial.dryRun({ verb: 'create', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried' } } });
const because = reasons({});
const grader = (count: number, tried?: { observe: { dry: typeof dry }; expect: z.ZodObject }): Grader => {
  const expect = z.object({ web: z.object({ spec: z.object({ port: z.literal(count) }) }) });
  const one = task({ lasts: 'state', observe: { web }, expect });
  const trial = tried ?? null;
  return defineGrader({ words: because, tasks: { one: { ...one, trial } } });
};
const withTrial = (port: number) => grader(port, { observe: { dry }, expect: z.object({ dry: z.object({ accepted: z.literal(true) }) }) });
const tasksOf = (of: Grader) => gradedTasks([{ id: 'one', points: 1, ...(of.tasks['one']?.trial ? { trial: 'It tries.' } : {}) }], of);

/** An attempt that found port 80, as a grader judged it. */
function attempt(by: Grader, tried?: { accepted: boolean }): AttemptOnRecord {
  const at = '2026-11-23T10:00:00.000Z';
  const trials = tried ? { dry: { ok: true as const, value: { ...tried, status: 200, message: '' } } } : null;
  const observed = { web: { ok: true as const, value: { spec: { port: 80 } } } };
  const evidence = { task: 'one', at, settlingSince: null, observed, journal: [], trials, partial: false };
  const [how] = tasksOf(by);
  if (how === undefined) throw new Error('no task');
  const verdict = judge(how, evidence);
  const versions = { labVersion: 'v', graderVersion: 'g', kubernetesVersion: 'k' };
  const whose = { id: 'a', session: 's', person: 'p', lab: 'l', task: 'one', cause: 'check' as const, at, epoch: 1, points: 1 };
  return { ...whose, ...versions, verdict, evidence, revisedAt: null, firstStatus: verdict.status };
}

test('an attempt that passed before the task had a trial is not taken away: nothing was tried then', () => {
  const passed = attempt(grader(80));
  expect(passed.verdict.status).toBe('passed');
  expect(rejudger(tasksOf(withTrial(80)))(passed)).toEqual({ kind: 'unfit' });
});

test('an attempt that waited for its trial still waits; one that was tried is judged by what came of it', () => {
  expect(rejudger(tasksOf(withTrial(80)))(attempt(withTrial(80)))).toMatchObject({ kind: 'same' });
  const refused = attempt(withTrial(80), { accepted: false });
  expect(rejudger(tasksOf(withTrial(80)))(refused)).toMatchObject({ kind: 'same', verdict: { status: 'wrong' } });
  expect(rejudger(tasksOf(grader(80)))(refused)).toMatchObject({ kind: 'different', verdict: { status: 'passed', score: 1 } });
});

test('what could not be looked at then is still cannot-check, and what no longer can be read keeps its verdict', () => {
  const tasks = tasksOf(grader(81));
  const seen = attempt(grader(81));
  const blind = { web: { ok: false as const, reason: 'the API failed' } };
  const evidence = seen.evidence && { ...seen.evidence, observed: blind };
  const [how] = tasks;
  if (how === undefined || evidence === null) throw new Error('no task');
  expect(rejudger(tasks)({ ...seen, evidence, verdict: judge(how, evidence) })).toMatchObject({ kind: 'same' });
  expect(rejudger(tasks)({ ...seen, evidence: { ...evidence, observed: {} } })).toEqual({ kind: 'unfit' });
  expect(rejudger(tasks)({ ...seen, evidence: null })).toEqual({ kind: 'unfit' });
});

describe('a task that stays passed', () => {
  const once = (port: number): Grader => {
    const { words, tasks } = grader(port);
    return { words, translations: {}, tasks: { one: { ...tasks['one'], lasts: 'once' } as Grader['tasks'][string] } };
  };
  const entry = { seq: 1, at: '2026-11-23T09:00:00.000Z', witness: passedName('one'), kind: 'seen' as const, value: { passed: true } };
  /** One that was passed when it was made, by what it found or because an earlier one was. */
  const passed = ({ port, isCarried = false, partial = false }: { port: number; isCarried?: boolean; partial?: boolean }) => {
    const one = attempt(once(80));
    if (one.evidence === null) throw new Error('no evidence');
    const observed = { web: { ok: true as const, value: { spec: { port } } } };
    return { ...one, evidence: { ...one.evidence, observed, journal: isCarried ? [entry] : [], partial } };
  };
  const said = (port: number, attempts: readonly AttemptOnRecord[]) => {
    const rejudge = rejudger(tasksOf(once(port)));
    return attempts.map(rejudge).map((one) => ('verdict' in one ? one.verdict.status : one.kind));
  };

  test('an entry that no attempt on record earned carries none: each stands by what it saw, until one passes', () => {
    const [lost, found] = [passed({ port: 1, isCarried: true }), passed({ port: 80, isCarried: true })];
    expect(said(80, [lost, found, lost])).toEqual(['wrong', 'passed', 'passed']);
  });

  test('one whose evidence was cut gives no pass back that was taken away', () => {
    const [first, cut] = [passed({ port: 80 }), passed({ port: 80, partial: true })];
    const carried = passed({ port: 1, isCarried: true });
    expect(said(81, [first, cut, carried])).toEqual(['wrong', 'partial', 'wrong']);
    // What it earned itself stays on record, and carries on.
    expect(said(80, [cut, carried])).toEqual(['partial', 'passed']);
  });
});
