import { z } from 'zod';
import { type entries, kube } from '#grading';

export const Class = z.object({
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

const ofClass = z.object({ storageClassName: z.string().optional() });
const notes = z
  .object({
    'volume.kubernetes.io/selected-node': z.string().optional(),
    'volume.kubernetes.io/storage-provisioner': z.string().optional(),
  })
  .prefault({});

const Present = z.object({ metadata: z.object({ uid: z.string() }), spec: ofClass });
const Past = z.object({
  metadata: z.object({ uid: z.string(), annotations: notes }),
  spec: ofClass.extend({ volumeName: z.string().optional() }),
});
const Claim = z.object({
  metadata: z.object({ deletionTimestamp: z.string().optional(), annotations: notes }),
  spec: ofClass,
  status: z.object({ phase: z.string().optional() }).prefault({}),
});

/** Of a list, only what is of class `keep`. */
const kept = <Item extends z.ZodType<{ spec: { storageClassName?: string | undefined } }>>(item: Item) =>
  z.array(item).transform((all) => all.filter(({ spec }) => spec.storageClassName === 'keep'));

const everywhere = { fields: z.unknown() };
/** What is going on with claims of the class. */
export const making = {
  ...kube.list('v1', 'PersistentVolumeClaim', everywhere),
  value: kept(Claim),
};
export const classes = kube.list('storage.k8s.io/v1', 'StorageClass', { fields: Class });
export const volumes = { ...kube.list('v1', 'PersistentVolume', everywhere), value: kept(Volume) };
/** Every state that a claim of the class was in. */
export const history = { ...kube.list('v1', 'PersistentVolumeClaim', everywhere), value: kept(Past) };
/** The claims there are. */
export const claims = { ...kube.list('v1', 'PersistentVolumeClaim', everywhere), value: kept(Present) };

type History = z.infer<ReturnType<typeof entries<z.infer<typeof history.value>>>>;

/** Whether the cluster is at work on a claim of this class. */
export const inTheMaking = ({ metadata, status }: z.infer<typeof Claim>) =>
  metadata.deletionTimestamp !== undefined ||
  (status.phase === 'Pending' && metadata.annotations['volume.kubernetes.io/selected-node'] !== undefined);

/**
 * Whether a provisioner made this volume, for a claim that a pod used. A volume can be given any name and note by hand, and a
 * claim too; so its claim must have been seen on its way to a node before it had the volume (or nobody could look by then).
 */
export function madeBy(provisioner: string, { metadata, spec }: z.infer<typeof Volume>, history: History): boolean {
  if (metadata.annotations['pv.kubernetes.io/provisioned-by'] !== provisioner) return false;
  let waited = false;
  let afterGap = false;
  for (const entry of history) {
    const unseen = afterGap;
    afterGap = entry.kind === 'gap';
    if (entry.kind === 'gap') continue;
    const claim = entry.value.find((one) => one.metadata.uid === spec.claimRef?.uid);
    if (!claim) continue;
    const sent = claim.metadata.annotations['volume.kubernetes.io/selected-node'] !== undefined;
    const asked = claim.metadata.annotations['volume.kubernetes.io/storage-provisioner'] === provisioner;
    if (claim.spec.volumeName === undefined) waited ||= sent;
    else if (claim.spec.volumeName === metadata.name && sent && asked && (waited || unseen)) return true;
  }
  return false;
}
