import { z } from 'zod';
import { defineGrader, entries, http, isLeaving, isReady, kube, needs, Pod, reasons, rule, task, trial } from '#grading';
import { gradedTasks } from '#grading/grader.ts';

const words = { seen: '{seen}', needed: 'n', why: 'w', lookAt: 'l' };
const because = reasons({
  'entry.lost': { ...words, seen: '{count} bookings outlived their pod.' },
  'rollout.none': words,
  'rollout.gap': words,
  'rollout.dropped': { ...words, seen: 'At {at} no pod was ready.' },
  'guard.open': words,
  'guard.closed': { ...words, seen: 'A harmless pod is refused: {message}' },
  'repair.none': { ...words, seen: 'After {seconds} s it was not as before.' },
});

const shop = (app: string) => ({ namespace: 'shop', labels: { app } });
const bookings = http.getEach('/bookings', {
  pods: shop('logbook'),
  port: 8080,
  fields: z.object({ bookings: z.array(z.object({ id: z.string() })) }),
});

/** A booking that one pod answered with and another pod after it. */
const kept = task({
  lasts: 'once',
  observe: {},
  witness: { bookings },
  expect: z.object({ bookings: entries(bookings) }).check(
    rule(({ bookings }) => {
      const seen = bookings.flatMap((entry) => (entry.kind === 'seen' ? entry.value : []));
      const holders = new Map<string, Set<string>>();
      for (const { uid, body } of seen) for (const { id } of body?.bookings ?? []) holders.set(id, (holders.get(id) ?? new Set()).add(uid));
      const count = [...holders.values()].filter((uids) => uids.size > 1).length;
      return count > 0 ? [] : [because('entry.lost', { count })];
    }),
  ),
});

const web = kube.list('v1', 'Pod', { ...shop('web'), fields: Pod });

/** Pods that were all replaced by others while one at least was ready. */
const smooth = task({
  lasts: 'state',
  observe: { web },
  witness: { history: web },
  expect: z.object({ web: z.array(Pod), history: entries(web) }).check(
    rule(function* ({ web, history }) {
      const first = new Set(uidsOf(history));
      const here = staying(web);
      const isReplaced = here.length > 0 && here.every((pod) => isReady(pod) && !first.has(pod.metadata.uid));
      if (!isReplaced) return yield because('rollout.none');
      if (history.some(({ kind, value }) => kind === 'gap' && 'from' in value && value.reason !== 'trial')) yield because('rollout.gap');
      const dropped = history.find((entry) => entry.kind === 'seen' && !entry.value.some(isReady));
      if (dropped) yield because('rollout.dropped', { at: dropped.at });
    }),
  ),
});

/** The UIDs of the first entry in which two pods are ready. */
function uidsOf(history: z.infer<ReturnType<typeof entries<Pod[]>>>): string[] {
  const whole = history.find((entry) => entry.kind === 'seen' && entry.value.filter(isReady).length === 2);
  return whole?.kind === 'seen' ? whole.value.map(({ metadata }) => metadata.uid) : [];
}

const pod = (name: string, securityContext: Record<string, z.core.util.JSONType>) => ({
  verb: 'create' as const,
  manifest: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'guarded' },
    spec: { containers: [{ name: 'a', image: 'harbour/api:1.0', imagePullPolicy: 'Never', securityContext }] },
  },
});
const harmless = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 1000,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

const bad = trial.dryRun(pod('bad', { privileged: true }));
const good = trial.dryRun(pod('good', harmless));
const guarded = task({
  lasts: 'state',
  observe: {},
  expect: z.object({}),
  trial: {
    observe: { bad, good },
    expect: z
      .object({ bad: z.object({ accepted: needs(z.literal(false), because('guard.open')) }), good: good.value })
      .check(rule(({ good }) => (good.accepted ? [] : [because('guard.closed', { message: good.message })]))),
  },
});

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop' };
const Web = z.object({ spec: z.object({ replicas: z.int() }), status: z.object({ readyReplicas: z.int().default(0) }) });
const webDeployment = kube.object('apps/v1', 'Deployment', 'web', { namespace: 'shop', fields: Web });

const staying = (pods: readonly Pod[]) => pods.filter((pod) => !isLeaving(pod));
const twoReady = z
  .array(Pod)
  .check(rule((pods) => (staying(pods).length === 2 && staying(pods).every(isReady) ? [] : [because('repair.none')])));
const loss = trial.change({ verb: 'delete', target: { pod: shop('web') } }, { until: web, holds: twoReady, within: 60 });
const repaired = task({
  lasts: 'state',
  observe: { web },
  expect: z.object({ web: twoReady }),
  trial: {
    observe: { loss },
    expect: z.object({
      loss: loss.value.check(
        rule(({ held, seen, seconds, target }) => {
          const isNew = held && staying(seen ?? []).every(({ metadata }) => metadata.uid !== target?.uid);
          return isNew ? [] : [because('repair.none', { seconds })];
        }),
      ),
    }),
  },
});

/** A change that is put back by itself: no replicas for a moment. */
const scaled = task({
  lasts: 'state',
  observe: {},
  expect: z.object({}),
  trial: {
    observe: {
      none: trial.change(
        { verb: 'patch', target: { ...deployment, name: 'web' }, patch: { spec: { replicas: 0 } } },
        {
          until: webDeployment,
          holds: z.object({ status: z.object({ readyReplicas: z.literal(0) }) }),
          restored: z.object({ status: z.object({ readyReplicas: z.literal(2) }) }),
          within: 30,
        },
      ),
    },
    expect: z.object({ none: z.object({ held: needs(z.literal(true), because('repair.none')) }) }),
  },
});

/** A config map of ours, made and taken away again. */
const made = task({
  lasts: 'state',
  observe: {},
  expect: z.object({}),
  trial: {
    observe: {
      note: trial.change(
        {
          verb: 'create',
          manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note', namespace: 'shop' }, data: { by: 'us' } },
        },
        {
          until: kube.object('v1', 'ConfigMap', 'note', { namespace: 'shop', fields: z.object({ data: z.object({ by: z.string() }) }) }),
          holds: z.object({ data: z.object({ by: z.literal('us') }) }),
          within: 10,
        },
      ),
    },
    expect: z.object({ note: z.object({ accepted: needs(z.literal(true), because('repair.none')) }) }),
  },
});

/** A trial that waits in vain for as long as one may, with everything scaled away. */
const waiting = task({
  lasts: 'state',
  observe: {},
  expect: z.object({}),
  trial: {
    observe: {
      vain: trial.change(
        { verb: 'patch', target: { ...deployment, name: 'web' }, patch: { spec: { replicas: 0 } } },
        { until: webDeployment, holds: z.object({ spec: z.object({ replicas: z.literal(7) }) }), within: 120 },
      ),
    },
    expect: z.object({ vain: z.object({ held: z.literal(true) }) }),
  },
});

const grader = defineGrader({ words: because, tasks: { kept, smooth, guarded, repaired, scaled, made, waiting } });
export const tasks = gradedTasks(
  Object.entries(grader.tasks).map(([id, { trial }]) => ({ id, points: 1, ...(trial ? { trial: 'We try it.' } : {}) })),
  grader,
);
export function graded(id: string) {
  const found = tasks.find((one) => one.id === id);
  if (!found) throw new Error(`no task ${id}`);
  return found;
}
export const never = graded('waiting');
