import { z } from 'zod';
import { defineGrader, entries, isRunning, kube, needs, rolling, rule, stuck, task } from '#grading';
import { Class, claims, classes, inTheMaking, madeBy, volumes } from './class.ts';
import { replicasDiffer, rollout, scaleAndBack, statefulSet } from './grade-redis.ts';
import { bookings, code, impostor, keptBookings, mounts, pods, storageOf } from './logbook.ts';
import { because } from './words.ts';

const claim = task({
  lasts: 'once',
  observe: { pods, bookings, code },
  witness: { mounts, answers: bookings },
  settling: z.object({ pods: rolling }),
  expect: z
    .object({ pods: pods.value, bookings: bookings.value, code: code.value, mounts: entries(mounts), answers: entries(bookings) })
    .check(
      rule(function* ({ pods, bookings, code }) {
        if (pods.length === 0) yield because('claim.logbook.absent');
        for (const [index, pod] of pods.entries()) {
          const problem = stuck(pod);
          if (problem) yield because('claim.rollout.stuck', problem, ['pods', index, 'status']);
        }
        for (const { metadata, spec } of pods.filter(isRunning)) {
          const answer = bookings.find(({ uid }) => uid === metadata.uid);
          const path = answer?.body?.store.path;
          const environ = code.find(({ uid }) => uid === metadata.uid)?.environ;
          const how = impostor(spec, environ);
          if (how !== null) yield because('claim.logbook.altered', { pod: metadata.name, how }, ['pods', 'spec', 'containers']);
          else if (path === undefined) {
            const problem = answer?.problem ?? (answer?.status ? `status ${answer.status}` : 'no answer yet');
            yield because('claim.logbook.silent', { pod: metadata.name, problem }, ['bookings']);
          } else if (storageOf(spec, path) !== 'a claim') {
            yield because('claim.volume.not-a-claim', { pod: metadata.name, path, kind: storageOf(spec, path) }, [
              'pods',
              'spec',
              'volumes',
            ]);
          }
        }
      }),
      rule(function* ({ mounts, answers }) {
        const { seen, carriedOver } = keptBookings(mounts, answers);
        if (seen === 0) yield because('claim.entry.none', {}, ['answers']);
        else if (!carriedOver) yield because('claim.entry.one-pod', { count: seen }, ['answers']);
      }),
    ),
});

const keptClass = task({
  lasts: 'state',
  observe: { keep: kube.object('storage.k8s.io/v1', 'StorageClass', 'keep', { fields: Class }), classes, volumes, claims },
  witness: { history: claims },
  settling: z.object({ claims: claims.value.refine((all) => all.some(inTheMaking)) }),
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
      history: entries(claims),
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
