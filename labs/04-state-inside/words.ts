import { reasons } from '#grading';

/** What the graders of this lab say, by code. */
export const because = reasons({
  'claim.logbook.absent': {
    seen: 'No pod labelled app=logbook is running in the namespace harbour.',
    needed: 'A running pod of the logbook.',
    why: 'Without a pod nobody can read the bookings, however safely they are stored.',
    lookAt: 'The pods of the namespace harbour, and the events of what should have made one.',
  },
  'claim.rollout.stuck': {
    seen: 'Pod {pod} cannot become ready: {reason}. {message}',
    needed: 'Every pod of the logbook ready.',
    why: 'A rollout that cannot finish leaves the old pods in place, with their old volumes.',
    lookAt: 'The description of that pod: its events name what it is waiting for.',
  },
  'claim.logbook.silent': {
    seen: 'Pod {pod} gave no list of bookings on port 8080 ({problem}).',
    needed: 'Each running pod of the logbook answers at /bookings.',
    why: 'An entry counts as kept when the logbook itself can still show it.',
    lookAt: 'The log of that pod.',
  },
  'claim.volume.not-a-claim': {
    seen: 'Pod {pod} keeps its bookings in {path}, which is on {kind}.',
    needed: 'That file on a volume which comes from a PersistentVolumeClaim.',
    why: 'Only a claim ties storage to the application instead of to one pod or one machine.',
    lookAt: 'The volumes of the pod, and which of them is mounted over the folder of that file.',
  },
  'claim.entry.none': {
    seen: 'No booking has been seen in a logbook whose file is on a claim.',
    needed: 'A booking that is made while the file is on the claim.',
    why: 'An empty logbook cannot show that it keeps anything.',
    lookAt: 'What the logbook answers at /bookings.',
  },
  'claim.entry.one-pod': {
    seen: '{count} booking(s) were seen on a claim, each under one pod only.',
    needed: 'The same booking answered by a pod that came after the one it was made under.',
    why: 'That a pod remembers is no news. What counts is what its successor knows.',
    lookAt: 'The names of the logbook’s pods before and after one of them is gone.',
  },
  'class.absent': {
    seen: 'There is no StorageClass keep.',
    needed: 'A StorageClass of that name.',
    why: 'A claim picks how its volume is made, and what becomes of it, by the name of a class.',
    lookAt: 'The StorageClasses of the cluster.',
  },
  'class.provisioner.unknown': {
    seen: 'The class keep names the provisioner {provisioner}, which has made no volume here.',
    needed: 'The provisioner that serves the default class.',
    why: 'A class only names who makes volumes. If nobody answers to that name, its claims wait for ever.',
    lookAt: 'The provisioner of the class that was there before.',
  },
  'class.binding.not-at-first-use': {
    seen: 'The class keep binds volumes in mode {seen}.',
    needed: 'Binding that waits until a pod uses the claim.',
    why: 'A volume made before the pod is placed may end up on a node where the pod cannot run.',
    lookAt: 'The binding mode of both classes.',
  },
  'class.reclaim.not-retained': {
    seen: 'The class keep has the reclaim policy {seen}.',
    needed: 'A policy that leaves the volume alone when its claim goes.',
    why: 'With any other policy, deleting a claim by mistake deletes the data.',
    lookAt: 'The reclaim policy of both classes.',
  },
  'class.volume.none': {
    seen: 'No volume made by the class keep exists.',
    needed: 'A volume of this class that has outlived its claim.',
    why: 'A policy is a promise. Seeing it kept once tells you that you can rely on it.',
    lookAt: 'The claims of class keep, what they wait for, and the volumes of the cluster.',
  },
  'class.volume.still-claimed': {
    seen: 'Volume {volume} of class keep still belongs to the claim {claim}.',
    needed: 'A volume of this class whose claim is gone.',
    why: 'Whether a volume is retained shows only after its claim was deleted.',
    lookAt: 'That claim, and the pod that still uses it.',
  },
  'class.volume.will-be-deleted': {
    seen: 'Volume {volume} has the reclaim policy {policy}, from when it was made.',
    needed: 'A volume that was made by the class as it is to be.',
    why: 'A volume takes its policy from the class at the moment it is made. Later changes to the class do not reach it.',
    lookAt: 'The reclaim policy of the volume itself.',
  },
});
