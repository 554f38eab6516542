import { captureKey } from './captures.ts';
import type { Clock } from './clock.ts';
import type { Context } from './context.ts';
import type { CourseLab } from './course.ts';
import { imagesOf, labSpec } from './lab-spec.ts';

/** A refusal may have been the machine's fault: after this long it is tried again. */
const refusedFor = 6 * 60 * 60_000;
/** What a capture may take on the engine's disk while it is made. */
const roomOfOne = 6 * 1024 ** 3;

/**
 * Removes captures that no lab of the course can be made from any longer, those whose taking was cut off, and the least used ones of
 * too many, or when the disk is nearly full. While none is being taken.
 */
export async function tidyCaptures(context: Context, clock: Clock, signal: AbortSignal): Promise<void> {
  const { store, provider, settings } = context;
  const { captures } = provider;
  if (captures === undefined || settings.captures === 0) return;
  const rows = await store.captures.list();
  const there = new Set((await captures.list(settings.instance, signal)).map(({ key }) => key));
  const stale = rows.filter(
    (row) =>
      row.state === 'taking' ||
      row.state === 'unverified' ||
      (row.state === 'refused' && clock.now() - Date.parse(row.createdAt) > refusedFor) ||
      (row.state === 'good' && !there.has(row.key)) ||
      !isCurrent(context, row),
  );
  const good = rows.filter((row) => row.state === 'good' && !stale.includes(row));
  const leastUsed = good.toSorted((a, b) => (a.usedAt ?? a.createdAt).localeCompare(b.usedAt ?? b.createdAt));
  const free = (await provider.facts(signal)).diskFreeBytes;
  const tooMany = Math.max(good.length - settings.captures, free !== null && free < settings.diskWatermarkBytes ? 1 : 0);
  for (const { key } of [...stale, ...leastUsed.slice(0, tooMany)]) {
    await captures.remove(settings.instance, key, signal);
    await store.captures.forget(key);
  }
  const known = new Set(rows.map(({ key }) => key));
  for (const key of there) if (!known.has(key)) await captures.remove(settings.instance, key, signal);
}

/** Whether a lab is to be captured: it can be, it is not, and there is room. */
export async function isToBeCaptured({ store, provider, settings }: Context, course: CourseLab, signal: AbortSignal): Promise<boolean> {
  if (provider.captures === undefined || settings.captures === 0) return false;
  if (provider.captures.unfit(labSpec(course, nobody)) !== null) return false;
  const rows = await store.captures.list();
  if (rows.some(({ lab, labVersion }) => lab === course.id && labVersion === course.version)) return false;
  if (rows.filter(({ state }) => state === 'good').length >= settings.captures) return false;
  const free = (await provider.facts(signal)).diskFreeBytes;
  return free === null || free > settings.diskWatermarkBytes + roomOfOne;
}

const nobody = { instance: '', lab: '', epoch: 1 };

/** As far as is known: of images that were not looked for yet nothing is. */
function isCurrent({ course, images }: Context, row: { key: string; lab: string; labVersion: string }): boolean {
  const lab = Object.hasOwn(course.labs, row.lab) ? course.labs[row.lab] : undefined;
  if (lab?.version !== row.labVersion) return false;
  const spec = labSpec(lab, nobody);
  return imagesOf(spec).some((name) => images.idOf(name) === undefined) || captureKey(images, lab, spec) === row.key;
}
