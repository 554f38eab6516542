import { z } from 'zod';
import { defineGrader, entries, needs, rule, task } from '#grading';
import { Class, history, keep, madeBy, making, standard, volumes } from './class.ts';
import { replicasDiffer, rollout, scaleAndBack, statefulSet } from './grade-redis.ts';
import { answers, bookings, code, impostor, keptBookings, mounts, pods, progress, storageOf } from './logbook.ts';
import { because } from './words.ts';

const claim = task({
  lasts: 'once',
  observe: { pods, progress, answers, code },
  witness: { mounts, bookings },
  settling: z.object({
    progress: progress.value.refine((pods) => pods.some(({ ready }) => !ready) && pods.every(({ stuck }) => stuck === null)),
  }),
  expect: z
    .object({ pods: pods.value, answers: answers.value, code: code.value, mounts: entries(mounts), bookings: entries(bookings) })
    .check(
      rule(function* ({ pods, answers, code }) {
        const running = pods.filter(({ running }) => running);
        if (pods.length === 0) yield because('claim.logbook.absent');
        else if (running.length === 0) yield because('claim.logbook.not-running', { count: pods.length }, ['pods']);
        for (const [index, { stuck }] of pods.entries()) if (stuck) yield because('claim.rollout.stuck', stuck, ['pods', index, 'stuck']);
        for (const { name, uid, spec } of running) {
          const answer = answers.find((one) => one.uid === uid);
          const how = impostor(spec, code.find((one) => one.uid === uid)?.environ);
          if (how !== null) yield because('claim.logbook.altered', { pod: name, how }, ['pods', 'spec', 'containers']);
          else if (!answer?.body || answer.status !== 200) {
            const problem = answer?.problem ?? (answer?.status ? `status ${answer.status}` : 'no answer yet');
            yield because('claim.logbook.silent', { pod: name, problem }, ['answers']);
          } else {
            const { path } = answer.body.store;
            const storage = storageOf(spec, path);
            if ('kind' in storage)
              yield because('claim.volume.not-a-claim', { pod: name, path, kind: storage.kind }, ['pods', 'spec', 'volumes']);
          }
        }
      }),
      rule(function* ({ mounts, bookings }) {
        const { seen, carriedOver } = keptBookings(mounts, bookings);
        if (seen === 0) yield because('claim.entry.none', {}, ['bookings']);
        else if (carriedOver.size === 0) yield because('claim.entry.one-pod', { count: seen }, ['bookings']);
      }),
      rule(function* ({ pods, answers, mounts, bookings }) {
        const { carriedOver } = keptBookings(mounts, bookings);
        for (const { name, uid, spec } of pods.filter(({ running }) => running)) {
          const storage = storageOf(spec, answers.find((one) => one.uid === uid)?.body?.store.path ?? '');
          if ('claim' in storage && !carriedOver.has(storage.claim))
            yield because('claim.volume.another', { pod: name, claim: storage.claim }, ['pods', 'spec', 'volumes']);
        }
      }),
    ),
});

const keptClass = task({
  lasts: 'state',
  observe: { keep, standard, volumes, making },
  witness: { history },
  settling: z.object({ making: making.value.refine((all) => all.some(({ busy }) => busy)) }),
  settlesWithin: 30,
  credit: { 'class.volume.none': 0.5, 'class.volume.still-claimed': 0.5, 'class.volume.will-be-deleted': 0.5 },
  expect: z
    .object({
      keep: needs(
        Class.extend({
          volumeBindingMode: needs(z.literal('WaitForFirstConsumer'), because('class.binding.not-at-first-use')),
          reclaimPolicy: needs(z.literal('Retain'), because('class.reclaim.not-retained')),
        }),
        because('class.absent'),
      ),
      standard: standard.value,
      volumes: volumes.value,
      history: entries(history),
    })
    .check(
      rule(function* ({ keep, standard }) {
        if (standard !== null && standard.provisioner !== keep.provisioner)
          yield because('class.provisioner.unknown', { provisioner: keep.provisioner }, ['keep', 'provisioner']);
      }),
      rule(function* ({ keep, volumes, history }) {
        const made = volumes.filter((volume) => madeBy(keep.provisioner, volume, history));
        const released = made.filter(({ phase }) => phase === 'Released');
        if (released.some(({ policy }) => policy === 'Retain')) return;
        const [doomed] = released;
        const [claimed] = made;
        const [other] = volumes;
        if (doomed) yield because('class.volume.will-be-deleted', { volume: doomed.name, policy: doomed.policy }, ['volumes']);
        else if (claimed) yield because('class.volume.still-claimed', { volume: claimed.name, phase: claimed.phase }, ['volumes']);
        else if (other) yield because('class.volume.by-hand', { volume: other.name }, ['volumes']);
        else yield because('class.volume.none', {}, ['volumes']);
      }),
    ),
});

export default defineGrader({
  words: because,
  tasks: {
    claim,
    class: keptClass,
    'stateful-set': statefulSet,
    'replicas-differ': replicasDiffer,
    'scale-and-back': scaleAndBack,
    rollout,
  },
});
