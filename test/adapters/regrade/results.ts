import { join } from 'node:path';
import type { Evidence } from '#grading/evidence.ts';
import { passedName } from '#grading/grader.ts';
import { judge } from '#grading/judge.ts';
import { loadLab } from '#runtime/course.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import type { Attempt, LabSession, Store } from '#store/port.ts';
import { courseFolder } from '../../content/course-folder.ts';

export const root = join(import.meta.dirname, '../../..');
export const lab = '01-first';

/** A grader of the sound course's lab: `one` must hold now, `two` once. Each says which counts of replicas it accepts. */
export const graderText = ({ one = 'z.literal(3)', two = 'z.int().min(2)', fields = '' } = {}) => `
import { z } from 'zod';
import { defineGrader, kube, needs, reasons, task } from '#grading';

const words = { needed: 'Another count.', why: 'The traffic needs it.', lookAt: 'The Deployment web.' };
const because = reasons({
  'web.absent': { seen: 'No web.', ...words },
  'web.replicas': { seen: '{seen} copies of web.', ...words },
});
const fields = z.object({ spec: z.object({ replicas: z.int()${fields} }) });
const web = kube.object('apps/v1', 'Deployment', 'web', { namespace: 'shop', fields });
const replicas = (count) =>
  z.object({ web: needs(z.object({ spec: z.object({ replicas: needs(count, because('web.replicas')) }) }), because('web.absent')) });

export default defineGrader({
  words: because,
  tasks: {
    one: task({ lasts: 'state', observe: { web }, expect: replicas(${one}) }),
    two: task({ lasts: 'once', observe: { web }, expect: replicas(${two}) }),
  },
});
`;

export const courseWith = (grader: string, more: Readonly<Record<string, string | null>> = {}) =>
  courseFolder({ [`labs/${lab}/grade.ts`]: grader, ...more });

export interface Try {
  task: string;
  /** The Deployment's replicas; null when there was none. */
  replicas: number | null;
  partial?: boolean;
}

/** What a learner did, judged by a course's grader and stored as the site would. Times rise by a minute. */
export async function judged(
  store: Store,
  course: string,
  name: string,
  tries: readonly Try[],
): Promise<{ person: string; attempts: Attempt[] }> {
  const { folder, file, version: labVersion } = loadLab(course, lab);
  const grader = await loadGrader({ root, folder, tasks: file.tasks });
  const { id: person } = await store.people.create({ name, roles: ['learner'] });
  const { session } = await store.sessions.begin({ person, lab, labVersion });
  const attempts: Attempt[] = [];
  for (const [minute, tried] of tries.entries()) {
    const task = grader.tasks.find(({ id }) => id === tried.task);
    if (task === undefined) throw new Error(`no task ${tried.task}`);
    const evidence = await evidenceOf(store, session, tried, new Date(Date.parse('2026-11-23T10:00:00Z') + minute * 60_000).toISOString());
    const verdict = judge(task, evidence);
    const { at } = evidence;
    if (verdict.status === 'passed' && task.lasts === 'once') {
      await store.journal.append(session.id, 1, { at, witness: passedName(task.id), kind: 'seen', value: { passed: true } });
    }
    const { points, id } = task;
    const whose = { session: session.id, person, lab, epoch: 1, labVersion, kubernetesVersion: 'v1.35.4' };
    const what = { task: id, cause: 'check', at, graderVersion: grader.version, points, verdict, evidence } as const;
    attempts.push(await store.attempts.record({ ...whose, ...what }));
  }
  return { person, attempts };
}

async function evidenceOf(store: Store, session: LabSession, { task, replicas, partial = false }: Try, at: string): Promise<Evidence> {
  return {
    task,
    at,
    settlingSince: null,
    observed: { web: { ok: true, value: replicas === null ? null : { spec: { replicas } } } },
    journal: [...(await store.journal.list(session.id, 1, [passedName(task)]))],
    trials: null,
    partial,
  };
}
