import { z } from 'zod';
import { type entries, kube } from '#grading';

export const Class = z.object({
  provisioner: z.string(),
  volumeBindingMode: z.string().optional(),
  reclaimPolicy: z.string().optional(),
});

const provisioned = 'pv.kubernetes.io/provisioned-by';
const sentTo = 'volume.kubernetes.io/selected-node';
const askedOf = 'volume.kubernetes.io/storage-provisioner';
const annotations = z.record(z.string(), z.string()).default({});

const RawVolume = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional(), annotations }),
  spec: z.object({
    storageClassName: z.string().optional(),
    persistentVolumeReclaimPolicy: z.string().optional(),
    claimRef: z.object({ uid: z.string().optional() }).optional(),
  }),
  status: z.object({ phase: z.string().optional() }).prefault({}),
});
const Volume = z.object({
  name: z.string(),
  className: z.string(),
  policy: z.string(),
  phase: z.string(),
  provisioner: z.string().nullable(),
  /** The uid of its claim, there or gone. */
  claim: z.string().nullable(),
});
type Volume = z.infer<typeof Volume>;

const RawClaim = z.object({
  metadata: z.object({ uid: z.string(), deletionTimestamp: z.string().optional(), annotations }),
  spec: z.object({ storageClassName: z.string().optional(), volumeName: z.string().optional() }),
  status: z.object({ phase: z.string().optional() }).prefault({}),
});
const Claim = z.object({
  uid: z.string(),
  className: z.string(),
  /** The provisioner that was asked for a volume on a node, because a pod wants it there. */
  sent: z.string().nullable(),
  volume: z.string().nullable(),
});
const Making = z.object({ className: z.string(), busy: z.boolean() });

function volumeIn(value: unknown): unknown {
  const { data } = RawVolume.safeParse(value);
  if (!data) return value;
  const { metadata, spec, status } = data;
  return {
    name: metadata.name,
    className: spec.storageClassName ?? '',
    policy: spec.persistentVolumeReclaimPolicy ?? '',
    phase: metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
    provisioner: metadata.annotations[provisioned] ?? null,
    claim: spec.claimRef?.uid ?? null,
  } satisfies Volume;
}

function claimIn(value: unknown): unknown {
  const { data } = RawClaim.safeParse(value);
  if (!data) return value;
  const { metadata, spec, status } = data;
  const sent = metadata.annotations[sentTo] !== undefined;
  return {
    uid: metadata.uid,
    className: spec.storageClassName ?? '',
    sent: sent ? (metadata.annotations[askedOf] ?? null) : null,
    volume: spec.volumeName ?? null,
    busy: metadata.deletionTimestamp !== undefined || (status.phase === 'Pending' && sent),
  };
}

/** Of a list, only what is of class `keep`. */
const kept = <Item extends { className: string }>(item: z.ZodType<Item>) =>
  z.array(item).transform((all) => all.filter(({ className }) => className === 'keep'));
const everywhere = { fields: z.unknown() };

export const keep = kube.object('storage.k8s.io/v1', 'StorageClass', 'keep', { fields: Class });
/** The class that was there before. */
export const standard = kube.object('storage.k8s.io/v1', 'StorageClass', 'standard', { fields: z.object({ provisioner: z.string() }) });
export const volumes = { ...kube.list('v1', 'PersistentVolume', everywhere), value: kept(z.preprocess(volumeIn, Volume)) };
/** Every state that a claim of the class was in. */
export const history = { ...kube.list('v1', 'PersistentVolumeClaim', everywhere), value: kept(z.preprocess(claimIn, Claim)) };
/** Whether the cluster is at work on claims of the class. */
export const making = { ...kube.list('v1', 'PersistentVolumeClaim', everywhere), value: kept(z.preprocess(claimIn, Making)) };

type History = z.infer<ReturnType<typeof entries<z.infer<typeof history.value>>>>;

/**
 * Whether a provisioner made this volume, for a claim that a pod used. A volume can be given any name and note by hand, and a
 * claim too; so its claim must have been seen on its way to a node before it had the volume (or nobody could look by then).
 * A gap with a reason is no excuse: a learner can bring it about, by doing so much that not all of it is kept.
 */
export function madeBy(provisioner: string, volume: Volume, history: History): boolean {
  if (volume.provisioner !== provisioner) return false;
  let waited = false;
  let afterGap = false;
  for (const entry of history) {
    const unseen = afterGap;
    afterGap = entry.kind === 'gap' && entry.value.reason === undefined;
    const claim = entry.kind === 'seen' ? entry.value.find(({ uid }) => uid === volume.claim) : undefined;
    if (claim?.sent !== provisioner) continue;
    if (claim.volume === null) waited = true;
    else if (claim.volume === volume.name && (waited || unseen)) return true;
  }
  return false;
}
