import { createHash } from 'node:crypto';
import type { ClusterProvider, LabAccess, LabRef } from '#cluster/port.ts';
import type { LabImages } from '#runtime/context.ts';
import type { CourseLab } from '#runtime/course.ts';
import { labSpec, withImages } from '#runtime/lab-spec.ts';

/** What makes an author's lab. Its labels are no server's, so nobody pauses, mends or ends it but its author. */
export interface AuthorLab {
  provider: ClusterProvider;
  images: LabImages;
  lab: CourseLab;
  /** Of the settings: two checkouts have labs of their own. */
  instance: string;
}

export const authorInstance = (instance: string) => `${instance}-author`;

export function authorRef({ lab, instance }: Pick<AuthorLab, 'lab' | 'instance'>): LabRef {
  const owner = createHash('sha256').update(instance).digest('hex').slice(0, 6);
  return { instance: authorInstance(instance), lab: `run-${owner}-${lab.id}`.slice(0, 48).replace(/-+$/, ''), epoch: 1 };
}

/** Finds an author's lab that stands, or makes it in place of what is left of one. */
export async function openAuthorLab(
  { provider, images, lab, instance }: AuthorLab,
  report: (detail: string) => void,
  signal: AbortSignal,
): Promise<{ access: LabAccess; found: boolean }> {
  const ref = authorRef({ lab, instance });
  const standing = await provider.open(ref, signal);
  if (standing !== null) return { access: standing, found: true };
  await provider.remove({ instance: ref.instance, lab: ref.lab }, signal);
  const spec = await withImages(images, labSpec(lab, ref), report, signal);
  const access = await provider.create(spec, (event) => event.state === 'begin' && report(event.title), signal);
  return { access, found: false };
}
