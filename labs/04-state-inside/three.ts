import { z } from 'zod';
import { type answers, ordinals, pods, set } from './redis.ts';
import { because } from './words.ts';

type Pod = z.infer<typeof pods.plain.value>[number];
type Answer = z.infer<typeof answers.plain.value>[number];
interface Crew<One extends Pod = Pod> {
  set: z.infer<typeof set.plain.value>;
  pods: readonly One[];
}

/** What keeps the set from being three ready pods of its own. The other findings are about what three ready pods do. */
export function* notThree({ set, pods }: Crew) {
  if (set === null) {
    yield because('redis.absent', { count: pods.length }, ['set']);
    return;
  }
  const problems = pods.flatMap((pod) => (pod.set === set.metadata.uid ? (pod.stuck ?? []) : []));
  for (const problem of problems) yield because('redis.stuck', problem, ['pods']);
  if (problems.length > 0) return;
  if (set.spec.replicas !== ordinals.length) {
    yield because('redis.replicas', { replicas: set.spec.replicas }, ['set', 'spec', 'replicas']);
    return;
  }
  const missing = ordinals.filter((ordinal) => !podOf({ set, pods }, ordinal)?.ready).map((ordinal) => `redis-${ordinal}`);
  if (missing.length > 0) yield because('redis.not-ready', { pods: missing.join(', ') }, ['pods']);
}

/** What keeps three ready pods from being three Redis: each answers, and as another than the others. */
export function* notRedis({ answers, ...crew }: Crew & { answers: readonly Answer[] }) {
  const known = new Map<string, string>();
  for (const { uid, name } of threeOf(crew)) {
    const answer = answers.find((one) => one.uid === uid);
    const twin = known.get(answer?.redis?.runId ?? '');
    if (!answer?.redis) {
      const problem = answer?.problem ?? (answer?.said ? `it said: ${answer.said}` : 'no answer yet');
      yield because('redis.silent', { pod: name, problem }, ['answers']);
    } else if (twin) yield because('redis.alike', { pod: name, twin }, ['answers']);
    else known.set(answer.redis.runId, name);
  }
}

/** The three pods, once `notThree` has nothing against them. */
export const threeOf = <One extends Pod>(crew: Crew<One>): One[] => ordinals.flatMap((ordinal) => podOf(crew, ordinal) ?? []);

/** The same with what the Redis of each says of itself, once `notRedis` has nothing against them. */
export function redisOf<One extends Pod, Said>({
  answers,
  ...crew
}: Crew<One> & { answers: readonly { uid: string; redis: Said | null }[] }): { pod: One; name: string; redis: Said }[] {
  return threeOf(crew).flatMap((pod) => {
    const redis = answers.find(({ uid }) => uid === pod.uid)?.redis;
    return redis ? [{ pod, name: pod.name, redis }] : [];
  });
}

const Progress = z.object({ progress: set.progress.value, pods: pods.plain.value });

/** Whether some pod that was asked for is on its way, and none is stuck. */
export function isUnderWay({ progress, pods }: z.infer<typeof Progress>): boolean {
  if (progress === null || pods.some(({ stuck }) => stuck !== null)) return false;
  const asked = Array.from({ length: Math.min(progress.spec.replicas, 10) }, (_, ordinal) => ordinal);
  const seen = progress.status.observedGeneration >= progress.metadata.generation;
  return !seen || asked.some((ordinal) => !podOf({ set: progress, pods }, ordinal)?.ready);
}

/** For `settling`. */
export const underWay = Progress.refine(isUnderWay);

/** The pod of an ordinal that belongs to the set. */
const podOf = <One extends Pod>({ set, pods }: Crew<One>, ordinal: number): One | undefined =>
  pods.find((pod) => pod.name === `redis-${ordinal}` && pod.set === set?.metadata.uid);
