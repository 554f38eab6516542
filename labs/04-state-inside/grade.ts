import { z } from 'zod';
import { defineGrader, entries, kube, needs, rule, task } from '#grading';
import { Class, claims, classes, history, inTheMaking, madeBy, making, volumes } from './class.ts';
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
        if (pods.length === 0) yield because('claim.logbook.absent');
        for (const [index, { stuck }] of pods.entries()) if (stuck) yield because('claim.rollout.stuck', stuck, ['pods', index, 'stuck']);
        for (const { name, uid, spec } of pods.filter(({ running }) => running)) {
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
        else if (!carriedOver) yield because('claim.entry.one-pod', { count: seen }, ['bookings']);
      }),
    ),
});

const keptClass = task({
  lasts: 'state',
  observe: { keep: kube.object('storage.k8s.io/v1', 'StorageClass', 'keep', { fields: Class }), classes, volumes, claims, making },
  witness: { history },
  settling: z.object({ making: making.value.refine((all) => all.some(inTheMaking)) }),
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
      classes: classes.value,
      volumes: volumes.value,
      claims: claims.value,
      history: entries(history),
    })
    .check(
      rule(function* ({ keep, classes, volumes, claims, history }) {
        const present = volumes.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        const made = present.filter((volume) => madeBy(keep.provisioner, volume, history));
        const served =
          made.length > 0 || classes.some(({ metadata, provisioner }) => metadata.name !== 'keep' && provisioner === keep.provisioner);
        if (!served) yield because('class.provisioner.unknown', { provisioner: keep.provisioner }, ['keep', 'provisioner']);

        const owner = ({ spec }: (typeof made)[number]) => claims.find(({ metadata }) => metadata.uid === spec.claimRef?.uid);
        const released = made.filter((volume) => owner(volume) === undefined);
        if (released.some(({ spec }) => spec.persistentVolumeReclaimPolicy === 'Retain')) return;
        const [doomed] = released;
        const [claimed] = made;
        const [other] = present;
        if (doomed) {
          const policy = doomed.spec.persistentVolumeReclaimPolicy ?? '';
          yield because('class.volume.will-be-deleted', { volume: doomed.metadata.name, policy }, ['volumes']);
        } else if (claimed) {
          const { namespace = '', name = '' } = claimed.spec.claimRef ?? {};
          yield because('class.volume.still-claimed', { volume: claimed.metadata.name, claim: `${namespace}/${name}` }, ['volumes']);
        } else if (other) yield because('class.volume.by-hand', { volume: other.metadata.name }, ['volumes']);
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
