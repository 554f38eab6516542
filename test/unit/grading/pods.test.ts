import { describe, expect, test } from 'vitest';
import { isReady, Pod, rolling, stuck } from '#grading';

const pod = (status: object, metadata: object = {}) => Pod.parse({ metadata: { name: 'web-1', uid: 'u', ...metadata }, status });
const waiting = (reason: string) => ({
  phase: 'Pending',
  containerStatuses: [{ name: 'web', restartCount: 3, state: { waiting: { reason, message: 'so it is' } } }],
});
const ready = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
const starting = pod(waiting('ContainerCreating'));

describe('a rollout that can never finish', () => {
  test.each(['ImagePullBackOff', 'ErrImagePull', 'CrashLoopBackOff', 'CreateContainerConfigError'])('%s is stuck', (reason) => {
    expect(stuck(pod(waiting(reason)))).toEqual({ pod: 'web-1', reason, message: 'so it is' });
    expect(rolling.safeParse([ready, pod(waiting(reason))]).success).toBe(false);
  });

  test('a pod that no node takes is stuck, with the scheduler’s words', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' }];
    expect(stuck(pod({ phase: 'Pending', conditions }))).toMatchObject({ reason: 'Unschedulable', message: '0/1 nodes are available' });
  });

  test('an init container counts', () => {
    const { containerStatuses: initContainerStatuses, phase } = waiting('CrashLoopBackOff');
    expect(stuck(pod({ phase, initContainerStatuses }))).toMatchObject({ reason: 'CrashLoopBackOff' });
  });

  test('a pod that is leaving is not', () => {
    expect(stuck(pod(waiting('CrashLoopBackOff'), { deletionTimestamp: '2026-11-23T12:00:00Z' }))).toBeNull();
  });
});

test('rolling: something is under way and may finish', () => {
  expect(rolling.safeParse([ready, starting]).success).toBe(true);
  expect(rolling.safeParse([ready]).success).toBe(false);
  expect(rolling.safeParse([]).success).toBe(false);
  expect(isReady(ready)).toBe(true);
  expect(isReady(pod({ phase: 'Running' }, { deletionTimestamp: '2026-11-23T12:00:00Z' }))).toBe(false);
});

test('a pod that the API server has only just been told of has no status', () => {
  expect(Pod.parse({ metadata: { name: 'web-1', uid: 'u' } }).status).toEqual({
    conditions: [],
    initContainerStatuses: [],
    containerStatuses: [],
  });
});
