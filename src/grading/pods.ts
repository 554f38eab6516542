import { z } from 'zod';

const Waiting = z.object({ reason: z.string().optional(), message: z.string().optional() });
const ContainerStatus = z.object({ state: z.object({ waiting: Waiting.optional() }).default({}) });

/** What tells how a pod is doing. Extend it with the fields a task is about. */
export const Pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z
    .object({
      phase: z.string().optional(),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .prefault({}),
});
export type Pod = z.infer<typeof Pod>;

export const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
export const isRunning = (pod: Pod) => pod.status.phase === 'Running' && !isLeaving(pod);
export const isReady = (pod: Pod) =>
  isRunning(pod) && pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

/** States of a container that waiting alone does not end. */
const hopeless = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/** Why a pod will not become ready by waiting; null when it is ready or may still get there. */
export function stuck(pod: Pod): { pod: string; reason: string; message: string } | null {
  if (isLeaving(pod)) return null;
  const { status, metadata } = pod;
  for (const { state } of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const { reason = '', message = '' } = state.waiting ?? {};
    if (hopeless.has(reason)) return { pod: metadata.name, reason, message };
  }
  const scheduled = status.conditions.find(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False');
  if (scheduled?.reason === 'Unschedulable') return { pod: metadata.name, reason: 'Unschedulable', message: scheduled.message ?? '' };
  return null;
}

/** For `settling`: some pod is on its way in or out, and none is stuck. */
export const rolling = z
  .array(Pod)
  .refine((pods) => pods.some((pod) => !isReady(pod)), 'every pod is ready')
  .refine((pods) => pods.every((pod) => stuck(pod) === null), 'a pod is stuck');
