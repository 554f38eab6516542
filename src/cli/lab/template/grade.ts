import { z } from 'zod';
import { defineGrader, http, isReady, kube, needs, Pod, rolling, rule, task } from '#grading';
import { because } from './words.ts';

const pods = kube.list('v1', 'Pod', { namespace: 'quay', labels: { app: 'crane' }, fields: Pod });

/** Several requests, since a Service spreads them; the api tells which pod it answers from. */
const replies = http.repeat('http://control-plane:30081/info', {
  from: 'network',
  times: 3,
  timeout: 600,
  fields: z.object({ pod: z.string().max(63) }),
});

const answers = task({
  lasts: 'state',
  observe: { pods, replies },
  settling: z.object({ pods: rolling }),
  expect: z.object({ pods: pods.value, replies: replies.value }).check(
    rule(function* ({ pods, replies }) {
      const cranes = pods.filter(isReady).map(({ metadata }) => metadata.name);
      for (const { status, problem, body } of replies ?? []) {
        if (status !== 200) yield because('answers.silent', { problem: problem ?? `status ${status}` }, ['replies']);
        else if (!cranes.includes(body?.pod ?? '')) yield because('answers.stranger', { pod: body?.pod ?? 'something else' }, ['replies']);
      }
    }),
  ),
});

const copies = task({
  lasts: 'state',
  observe: {
    pods,
    crane: kube.object('apps/v1', 'Deployment', 'crane', {
      namespace: 'quay',
      fields: z.object({
        spec: z.object({ replicas: z.int() }),
        status: z.object({ readyReplicas: z.int().default(0) }),
      }),
    }),
  },
  settling: z.object({ pods: rolling }),
  expect: z.object({
    crane: needs(
      z.object({
        spec: z.object({ replicas: needs(z.literal(2), because('copies.asked')) }),
        status: z.object({ readyReplicas: needs(z.literal(2), because('copies.ready')) }),
      }),
      because('copies.absent'),
    ),
  }),
});

export default defineGrader({ words: because, tasks: { answers, copies } });
