import { z } from 'zod';
import { defineGrader, entries, isRunning, kube, needs, rolling, rule, stuck, task } from '#grading';
import { bookings, keptBookings, mounts, pods, storageOf } from './logbook.ts';
import { because } from './words.ts';

const claim = task({
  lasts: 'once',
  observe: { pods, bookings },
  witness: { mounts, answers: bookings },
  settling: z.object({ pods: rolling }),
  expect: z.object({ pods: pods.value, bookings: bookings.value, mounts: entries(mounts), answers: entries(bookings) }).check(
    rule(function* ({ pods, bookings }) {
      const running = pods.filter(isRunning);
      if (pods.length === 0) yield because('claim.logbook.absent');
      for (const pod of pods) {
        const problem = stuck(pod);
        if (problem) yield because('claim.rollout.stuck', problem, ['pods', pods.indexOf(pod), 'status']);
      }
      for (const { metadata, spec } of running) {
        const answer = bookings.find(({ uid }) => uid === metadata.uid);
        const path = answer?.body?.store.path;
        if (path === undefined) {
          const problem = answer?.problem ?? (answer?.status ? `status ${answer.status}` : 'no answer yet');
          yield because('claim.logbook.silent', { pod: metadata.name, problem }, ['bookings']);
        } else if (storageOf(spec, path) !== 'a claim') {
          yield because('claim.volume.not-a-claim', { pod: metadata.name, path, kind: storageOf(spec, path) }, ['pods', 'spec', 'volumes']);
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

const Class = z.object({
  metadata: z.object({ name: z.string() }),
  provisioner: z.string(),
  volumeBindingMode: z.string().optional(),
  reclaimPolicy: z.string().optional(),
});

const Volume = z.object({
  metadata: z.object({
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.object({ 'pv.kubernetes.io/provisioned-by': z.string().optional() }).prefault({}),
  }),
  spec: z.object({
    storageClassName: z.string().optional(),
    persistentVolumeReclaimPolicy: z.string().optional(),
    claimRef: z.object({ namespace: z.string(), name: z.string(), uid: z.string().optional() }).optional(),
  }),
});

const Claim = z.object({
  metadata: z.object({
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.object({ 'volume.kubernetes.io/selected-node': z.string().optional() }).prefault({}),
  }),
  spec: z.object({ storageClassName: z.string().optional() }),
  status: z.object({ phase: z.string().optional() }).prefault({}),
});

const inTheMaking = ({ metadata, spec, status }: z.infer<typeof Claim>) =>
  spec.storageClassName === 'keep' &&
  (metadata.deletionTimestamp !== undefined ||
    (status.phase === 'Pending' && metadata.annotations['volume.kubernetes.io/selected-node'] !== undefined));

const classes = kube.list('storage.k8s.io/v1', 'StorageClass', { fields: Class });
const volumes = kube.list('v1', 'PersistentVolume', { fields: Volume });
const claims = kube.list('v1', 'PersistentVolumeClaim', { fields: Claim });

const keptClass = task({
  lasts: 'state',
  observe: { keep: kube.object('storage.k8s.io/v1', 'StorageClass', 'keep', { fields: Class }), classes, volumes, claims },
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
    })
    .check(
      rule(function* ({ keep, classes, volumes, claims }) {
        const made = volumes.filter(
          ({ metadata, spec }) =>
            spec.storageClassName === 'keep' &&
            metadata.deletionTimestamp === undefined &&
            metadata.annotations['pv.kubernetes.io/provisioned-by'] === keep.provisioner,
        );
        const served =
          made.length > 0 || classes.some(({ metadata, provisioner }) => metadata.name !== 'keep' && provisioner === keep.provisioner);
        if (!served) yield because('class.provisioner.unknown', { provisioner: keep.provisioner }, ['keep', 'provisioner']);

        const ownerOf = (volume: z.infer<typeof Volume>) => claims.find(({ metadata }) => metadata.uid === volume.spec.claimRef?.uid);
        const released = made.filter((volume) => ownerOf(volume) === undefined);
        if (released.some(({ spec }) => spec.persistentVolumeReclaimPolicy === 'Retain')) return;
        const [doomed] = released;
        const [claimed] = made;
        if (doomed) {
          const policy = doomed.spec.persistentVolumeReclaimPolicy ?? '';
          yield because('class.volume.will-be-deleted', { volume: doomed.metadata.name, policy }, ['volumes']);
        } else if (claimed) {
          const { namespace = '', name = '' } = claimed.spec.claimRef ?? {};
          yield because('class.volume.still-claimed', { volume: claimed.metadata.name, claim: `${namespace}/${name}` }, ['volumes']);
        } else yield because('class.volume.none', {}, ['volumes']);
      }),
    ),
});

export default defineGrader({ words: because, tasks: { claim, class: keptClass } });
