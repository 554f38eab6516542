import { ClusterError, type LabRef, type LearnerAccess } from '../port.ts';
import { publishedPort } from './dial.ts';
import type { Engine } from './engine.ts';
import { containersOf } from './find.ts';
import { readAccess } from './identities.ts';
import { label } from './names.ts';

/** Read from the nodes, where the learner's programs do not write: what stands in the toolbox may have been changed. */
export async function asLearner(engine: Engine, lab: LabRef, signal: AbortSignal): Promise<readonly LearnerAccess[]> {
  const containers = await containersOf(engine, { instance: lab.instance, lab: lab.lab, epoch: lab.epoch }, signal);
  const planes = containers.filter(({ State, Labels }) => State === 'running' && Labels[label.kindRole] === 'control-plane');
  return await Promise.all(
    planes.map(async ({ Id, Labels }) => {
      const cluster = Labels[label.cluster] ?? '';
      const [access, { port }] = await Promise.all([readAccess(engine, cluster, Id, signal), publishedPort(engine, Id, 6443, signal)]);
      if (access === null) throw new ClusterError('gone', `Cluster ${cluster} has no certificates yet.`);
      return { cluster, server: `https://127.0.0.1:${port}`, credentials: access.learner };
    }),
  );
}
