import type { Attempt, LabSession, Store } from '#store/port.ts';

/** A learner in a lab. */
export async function learner(store: Store, name = 'Ada'): Promise<{ person: string; session: LabSession }> {
  const { id } = await store.people.create({ name, roles: ['learner'] });
  const { session } = await store.sessions.begin({ person: id, lab: '04-state-inside', labVersion: 'v1' });
  return { person: id, session };
}

/** An attempt as the grader would hand it over. */
export function attemptOf(
  session: LabSession,
  {
    task = 'claim',
    at = '2026-11-23T10:00:00.000Z',
    ...verdict
  }: { task?: string; at?: string; score: number; status: Attempt['verdict']['status'] },
): Omit<Attempt, 'id'> {
  return {
    session: session.id,
    person: session.person,
    lab: session.lab,
    task,
    cause: 'check',
    at,
    epoch: session.epoch,
    labVersion: session.labVersion,
    graderVersion: 'g1',
    kubernetesVersion: 'v1.35.4',
    points: 4,
    verdict: { task, ...verdict, findings: [] },
    evidence: {
      task,
      at,
      settlingSince: null,
      observed: { pod: { ok: true, value: { name: 'a "quoted" 𝛼', nul: '\u0000' } } },
      journal: [],
      trials: null,
      partial: false,
    },
  };
}
