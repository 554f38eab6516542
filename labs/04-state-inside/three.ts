import { z } from 'zod';
import { isReady, isRunning, stuck } from '#grading';
import { type answers, ordinals, podOf, pods, type RedisPod, set } from './redis.ts';
import { because } from './words.ts';

export type Set = z.infer<typeof set.value>;
export type Answers = z.infer<typeof answers.value>;
export interface Crew {
  set: Set;
  pods: readonly RedisPod[];
}

/** What keeps the set from being three ready pods of its own. The other findings are about what three ready pods do. */
export function* notThree({ set, pods }: Crew) {
  if (set === null) {
    yield because('redis.absent', { count: pods.filter(isRunning).length }, ['set']);
    return;
  }
  const own = pods.filter(({ metadata }) => metadata.ownerReferences.some(({ uid }) => uid === set.metadata.uid));
  const problems = own.flatMap((pod) => stuck(pod) ?? []);
  for (const problem of problems) yield because('redis.stuck', problem, ['pods']);
  if (problems.length > 0) return;
  if (set.spec.replicas !== ordinals.length) {
    yield because('redis.replicas', { replicas: set.spec.replicas }, ['set', 'spec', 'replicas']);
    return;
  }
  const missing = ordinals.filter((ordinal) => !readyAt(set, pods, ordinal)).map((ordinal) => `redis-${ordinal}`);
  if (missing.length > 0) yield because('redis.not-ready', { pods: missing.join(', ') }, ['pods']);
}

/** What keeps three ready pods from being three Redis: each answers, and as another than the others. */
export function* notRedis({ set, pods, answers }: Crew & { answers: Answers }) {
  const known = new Map<string, string>();
  for (const pod of threeOf({ set, pods })) {
    const answer = answers.find(({ uid }) => uid === pod.metadata.uid);
    const twin = known.get(answer?.redis?.runId ?? '');
    if (!answer?.redis) {
      const problem = answer?.problem ?? (answer?.said ? `it said: ${answer.said}` : 'no answer yet');
      yield because('redis.silent', { pod: pod.metadata.name, problem }, ['answers']);
    } else if (twin) yield because('redis.alike', { pod: pod.metadata.name, twin }, ['answers']);
    else known.set(answer.redis.runId, pod.metadata.name);
  }
}

/** The three pods, once `notThree` has nothing against them. */
export const threeOf = ({ set, pods }: Crew): RedisPod[] =>
  set === null ? [] : ordinals.flatMap((ordinal) => podOf(pods, set, ordinal) ?? []);

/** The same with what the Redis of each says of itself, once `notRedis` has nothing against them. */
export const redisOf = ({ answers, ...crew }: Crew & { answers: Answers }) =>
  threeOf(crew).flatMap((pod) => {
    const redis = answers.find(({ uid }) => uid === pod.metadata.uid)?.redis;
    return redis ? [{ pod, name: pod.metadata.name, redis }] : [];
  });

/** Whether some pod that was asked for is on its way, and none is stuck. */
export function isUnderWay({ set, pods }: Crew): boolean {
  if (set === null || pods.some((pod) => stuck(pod) !== null)) return false;
  const asked = Array.from({ length: Math.min(set.spec.replicas, 10) }, (_, ordinal) => ordinal);
  return set.status.observedGeneration < set.metadata.generation || asked.some((ordinal) => !readyAt(set, pods, ordinal));
}

/** For `settling`. */
export const underWay = z.object({ set: set.value, pods: pods.value }).refine(isUnderWay);

function readyAt(set: NonNullable<Set>, pods: readonly RedisPod[], ordinal: number): boolean {
  const pod = podOf(pods, set, ordinal);
  return pod !== undefined && isReady(pod);
}
